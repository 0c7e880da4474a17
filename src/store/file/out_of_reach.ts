/**
 * Why the state cannot be reached: a right that is missing, and on which file; a link that leads nowhere.
 *
 * @module
 */
import { dirname } from "node:path";
import { isThere } from "~/base/files/is_there.ts";
import { withoutErrorNumber } from "~/base/files/system_words.ts";
import { countOf } from "~/base/text/counts.ts";
import { UserError } from "~/base/user_error.ts";

/** What SQLite keeps beside a file, and needs as much. */
const BESIDE = ["", "-wal", "-shm", "-journal"];

/** `MAX_PATHNAME` of SQLite's os_unix.c, less the ending of a journal. */
const LONGEST_PATH_BYTES = 512 - "-journal".length;

/**
 * Explains that the system, or SQLite, was not allowed to open a file.
 *
 * @param path The file; it may be one that was to be made.
 * @param message In their words.
 */
export function explainNoRight(path: string, message: string, cause: unknown): UserError {
  const tooMany = new TextEncoder().encode(path).length - LONGEST_PATH_BYTES;
  if (tooMany > 0) {
    return new UserError(`Cannot open ${path}: the path is too long for SQLite`, {
      hint: `Put the project into a folder whose path is shorter, by ${countOf(tooMany, "byte")}`,
      cause,
    });
  }
  const folder = dirname(path);
  const files = BESIDE.map((ending) => path + ending);
  const { R_OK, W_OK, X_OK } = nodeFs().constants;
  const why = withoutErrorNumber(message);
  const unread = isForbidden(folder, X_OK) ? folder : files.find((file) => isForbidden(file, R_OK));
  if (unread !== undefined) {
    return new UserError(`Cannot read ${unread}: ${why}`, {
      hint: `Make ${unread} readable for the user that runs Spoor; a run needs it writable, too`,
      cause,
    });
  }
  // Where the folder is closed as well, a file of it is not what it lacks.
  const unwritten = isForbidden(folder, W_OK)
    ? undefined
    : files.find((file) => isForbidden(file, W_OK));
  return new UserError(`Cannot write ${unwritten ?? path}: ${why}`, {
    hint: `Make ${unwritten ?? folder} writable for the user that runs Spoor`,
    cause,
  });
}

/**
 * Taken when something is wrong, and not by `import`: that costs each process and worker that opens the state 8 ms
 * of its start (Deno 2.9.6). Deno has no call of its own that asks for a right.
 */
function nodeFs() {
  return globalThis.process.getBuiltinModule("node:fs");
}

/** Asks without opening it: to close a file ends SQLite's locks on it, in all of the process. */
function isForbidden(path: string, right: number): boolean {
  try {
    nodeFs().accessSync(path, right);
    return false;
  } catch (error) {
    // Not what is not there.
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    return code === "EACCES" || code === "EPERM" || code === "EROFS";
  }
}

/** Explains that a folder is a link to nothing: a volume that is not mounted; `undefined`: it is no such link. */
export function explainLostLink(folder: string): UserError | undefined {
  if (!isThere(folder)) return undefined;
  try {
    Deno.statSync(folder);
    return undefined;
  } catch (error) {
    const leads = Deno.lstatSync(folder).isSymlink ? Deno.readLinkSync(folder) : undefined;
    if (leads === undefined) return undefined;
    const isLost = error instanceof Deno.errors.NotFound;
    if (!isLost && !(error instanceof Deno.errors.FilesystemLoop)) return undefined;
    const state = isLost ? "which is not there" : "and that leads back to it";
    return new UserError(`Cannot use ${folder}: it is a link to "${leads}", ${state}`, {
      hint: isLost
        ? "Mount the volume that it is on: what was sent is known there alone. " +
          "Where nothing was sent yet, make that folder"
        : "Let the link lead to the folder that holds the state, or remove it",
      cause: error,
    });
  }
}
