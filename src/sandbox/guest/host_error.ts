/**
 * Errors that a model sees thrown, and what the host is told of them when the model does not
 * catch them.
 *
 * An error's hint and place are kept beside it and not on it: what a model does to the error
 * object cannot break the report.
 *
 * @module
 */
import type { ErrorReport, SourceLocation } from "~/base/user_error.ts";

/** What Spoor knows of an error that it threw into a model. */
export interface Known {
  at?: SourceLocation | undefined;
  hint?: string | undefined;
  details?: readonly string[] | undefined;
  /** Ends the model even where groups fail one by one: it asked for what it may not have. */
  fatal?: boolean;
  /** What the model wanted to keep of a group cannot be kept. */
  unsavable?: boolean;
  /** Made where the model made the call, for errors whose own stack does not lead there. */
  site?: Error;
}

const known = new WeakMap<object, Known>();

/** Makes an error with a hint, as `UserError` does on the host's side. */
export function modelError(message: string, about: Known = {}): Error {
  const error = new Error(message);
  known.set(error, about);
  return error;
}

/** An error for what the model's directives do not allow; no group's failure, but the model's. */
export function refusal(message: string, hint: string): Error {
  return modelError(message, { hint, fatal: true });
}

/** The error that stands for what the host reported. */
export function hostError(report: ErrorReport, fatal = false): Error {
  return modelError(report.message, {
    at: report.at,
    hint: report.hint,
    details: report.details,
    fatal,
  });
}

/** Remembers something about an error that was made elsewhere, such as an `HttpError`. */
export function rememberError(error: Error, about: Known): void {
  known.set(error, about);
}

/**
 * Adds where the model made the call that failed. The stack of an error leads there by itself
 * only where the model awaits a promise, and not a thenable or an iterator.
 */
export function atSite(error: unknown, site: Error): unknown {
  if (error instanceof Error) known.set(error, { ...known.get(error), site });
  return error;
}

/** What is known of an error; nothing for those that a model made. */
export function knownOf(error: unknown): Known | undefined {
  return typeof error === "object" && error !== null ? known.get(error) : undefined;
}

/** True when it says that what was to be kept of a group cannot be. */
export function isUnsavable(error: unknown): boolean {
  return knownOf(error)?.unsavable === true;
}

/** True when an error must end the model. */
export function isFatal(error: unknown): boolean {
  return knownOf(error)?.fatal === true;
}
