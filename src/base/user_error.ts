/**
 * `UserError`: a mistake that the user of Spoor can mend.
 *
 * It is printed without a stack, with its place and its hint. Everything else that is
 * thrown is a bug or an outage and is printed with more.
 *
 * @module
 */

/** A place in a user's file. */
export interface SourceLocation {
  /** Path as shown to the user, relative to the project where that is shorter. */
  path: string;
  /** Line, counted from 1. */
  line?: number;
  /** Column, counted from 1. */
  column?: number;
}

/** What a `UserError` says beside its message. */
export interface UserErrorOptions {
  /** Where the mistake is. */
  at?: SourceLocation | undefined;
  /** A full sentence, at best the thing to type. */
  hint?: string | undefined;
  /** Further lines to show below the message: a statement, rows, a cycle. */
  details?: readonly string[] | undefined;
  cause?: unknown;
  /** 1: something failed. 2: the call itself is wrong. @default 1 */
  exitCode?: 1 | 2;
}

/** An error that says what happened, where, and what to do next. */
export class UserError extends Error {
  override name = "UserError";
  readonly at: SourceLocation | undefined;
  readonly hint: string | undefined;
  readonly details: readonly string[];
  readonly exitCode: 1 | 2;

  constructor(message: string, options: UserErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.at = options.at;
    this.hint = options.hint;
    this.details = options.details ?? [];
    this.exitCode = options.exitCode ?? 1;
  }
}

/**
 * Does some work; a mistake in it that is found without its place has this one.
 *
 * @throws {UserError}
 */
export function placing<T>(at: SourceLocation, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof UserError) || error.at) throw error;
    const { message, hint, details, cause, exitCode } = error;
    throw new UserError(message, { at, hint, details, cause, exitCode });
  }
}

/** Several mistakes found in one go, in the order in which they are shown. */
export class UserErrors extends Error {
  override name = "UserErrors";
  constructor(readonly errors: readonly UserError[]) {
    super(errors.map((error) => error.message).join("\n"));
  }
}

/**
 * An error as data: what crosses a thread, is kept in the state file and printed with `--json`.
 */
export interface ErrorReport {
  message: string;
  at?: SourceLocation;
  hint?: string;
  details?: readonly string[];
  /** Only for bugs and outages: where in Spoor it happened; shown by `--verbose`. */
  stack?: string;
}

/** Turns whatever was thrown into data that can be shown, stored and sent to another thread. */
export function toErrorReport(error: unknown): ErrorReport {
  if (error instanceof UserError) {
    return {
      message: error.message,
      ...(error.at && { at: error.at }),
      ...(error.hint !== undefined && { hint: error.hint }),
      ...(error.details.length > 0 && { details: error.details }),
    };
  }
  if (error instanceof Error) {
    return { message: error.message, ...(error.stack !== undefined && { stack: error.stack }) };
  }
  return { message: String(error) };
}

/** `path:line`, as every message shows a place. */
export function renderLocation(at: SourceLocation): string {
  return at.line === undefined ? at.path : `${at.path}:${at.line}`;
}
