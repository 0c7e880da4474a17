/**
 * Whose failure it is that something could not be written: the machine's, which concerns all that is written, or
 * that of what was to be written.
 *
 * @module
 */
import { UserError } from "~/base/user_error.ts";
import { explainStateError } from "~/store/file/open_state.ts";

/** A disk that is full or broken, a file that is locked, damaged or read-only: any other write would fail too. */
export function isOfMachine(error: unknown): boolean {
  return !(error instanceof UserError) && explainStateError("", error) !== undefined;
}

/** What SQLite refuses of this write, as a constraint or a limit that it meets. */
export function isRefusedBySqlite(error: unknown): error is Error {
  return error instanceof Error && "code" in error && error.code === "ERR_SQLITE_ERROR" &&
    !isOfMachine(error);
}
