/**
 * From what a model threw to what its user reads: the message, and the line of the user's file.
 *
 * Stacks of a guest name the URLs of its modules. `ModulePaths` knows which file each stands for; frames of
 * Spoor and of Deno have none and are left out.
 *
 * @module
 */
import type { ErrorReport, SourceLocation } from "~/base/user_error.ts";
import { formatValue } from "./format_value.ts";
import { knownOf } from "./host_error.ts";
import { insteadOfMissing } from "./missing_names.ts";
import { placeOf } from "./module_url.ts";

const MAX_MESSAGE = 10_000;
/** Causes of causes, and parts of an `AggregateError`. */
const MAX_CAUSES = 5;
const MODULE = /blob:null\/[0-9a-f-]+|data:text\/javascript;base64,[\w+/.]+/.source;
const MODULE_URL = new RegExp(MODULE, "g");
const MODULE_POSITION = new RegExp(`(${MODULE}):(\\d+):(\\d+)`, "g");

/** Which file each URL stands for. */
export class ModulePaths {
  #paths = new Map<string, string>();

  /** Notes the URL under which a file is loaded. */
  set(url: string, path: string): void {
    this.#paths.set(placeOf(url), path);
  }

  /** Puts files in the place of their URLs. */
  rename(text: string): string {
    return text.replace(MODULE_URL, (url) => this.#paths.get(placeOf(url)) ?? url);
  }

  /** The first place of a stack that is in a file of the user's. */
  locate(stack: string): SourceLocation | undefined {
    for (const match of stack.matchAll(MODULE_POSITION)) {
      const [, url = "", line, column] = match;
      const path = this.#paths.get(placeOf(url));
      if (path !== undefined) return { path, line: Number(line), column: Number(column) };
    }
    return undefined;
  }
}

/** Describes what was thrown. Never throws, whatever the model made of its error object. */
export function reportError(error: unknown, paths: ModulePaths): ErrorReport {
  try {
    return describe(error, paths);
  } catch {
    // A proxy of the model's that throws in some way that was not thought of.
    return { message: "The model threw an error that cannot be described" };
  }
}

function describe(error: unknown, paths: ModulePaths): ErrorReport {
  const about = knownOf(error);
  const thrownAt = paths.locate(read(error, "stack")) ?? paths.locate(read(about?.site, "stack"));
  const at = isAbout(about?.at, thrownAt) ? thrownAt : about?.at ?? thrownAt;
  const details = [
    ...about?.details ?? [],
    ...[...partsOf(error, paths), ...causesOf(error, paths)].map(cut),
  ];
  const message = cut(paths.rename(messageOf(error)));
  const hint = about?.hint ?? hintFor(message);
  return {
    message,
    ...(at && { at }),
    ...(hint !== undefined && { hint }),
    ...(details.length > 0 && { details }),
  };
}

/** Whether the host named just the model's file, and the line is known here. */
function isAbout(named: SourceLocation | undefined, found: SourceLocation | undefined): boolean {
  return named !== undefined && named.line === undefined && named.path === found?.path;
}

function cut(text: string): string {
  return text.slice(0, MAX_MESSAGE);
}

function messageOf(error: unknown): string {
  if (!isError(error)) return `The model threw ${formatValue(error)}`;
  const message = read(error, "message");
  const name = read(error, "name");
  if (isSyntaxError(name, message)) return firstLine(message);
  if (name === "Error" || name === "" || knownOf(error)) {
    return message || "The model threw an Error";
  }
  if (name === "SyntaxError") return `${name}: ${message.replace(OWN_PLACE, "")}`;
  return message ? `${name}: ${message}` : name;
}

/** V8 says where a name is imported that is not there; the report has the place beside it. */
const OWN_PLACE = new RegExp(` at (?:${MODULE}):\\d+:\\d+$`);

/** Deno wraps what its parser says into a TypeError with a picture of the line. */
function isSyntaxError(name: string, message: string): boolean {
  return name === "TypeError" &&
    /^(?:SyntaxError: |The module's source code could not)/.test(message);
}

function firstLine(message: string): string {
  return message.split("\n")[0]?.replace(/ at (?:blob|data):\S+$/, "") ?? message;
}

function causesOf(error: unknown, paths: ModulePaths): string[] {
  const causes: string[] = [];
  let cause = readValue(error, "cause");
  while (cause !== undefined && causes.length < MAX_CAUSES) {
    causes.push(`caused by: ${paths.rename(messageOf(cause))}`);
    cause = readValue(cause, "cause");
  }
  return causes;
}

/** The errors of an `AggregateError`. */
function partsOf(error: unknown, paths: ModulePaths): string[] {
  const parts = readValue(error, "errors");
  if (!Array.isArray(parts)) return [];
  return parts.slice(0, MAX_CAUSES).map((part) => paths.rename(messageOf(part)));
}

function hintFor(message: string): string | undefined {
  const name = /does not provide an export named '(\w+)'/.exec(message)?.[1];
  if (name === undefined) return insteadOfMissing(message);
  return `Export it there, or write "import type" if "${name}" is a type: types are gone when a model runs.`;
}

function isError(value: unknown): value is Error {
  try {
    return value instanceof Error;
  } catch {
    // A proxy of the model's that throws when it is asked for its prototype.
    return false;
  }
}

function read(error: unknown, field: string): string {
  const value = readValue(error, field);
  return typeof value === "string" ? value : "";
}

function readValue(error: unknown, field: string): unknown {
  try {
    return isError(error) ? (error as unknown as Record<string, unknown>)[field] : undefined;
  } catch {
    // A getter or proxy of the model's that throws: then there is nothing to say.
    return undefined;
  }
}
