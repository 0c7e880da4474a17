/**
 * A lock by SQLite on an empty file: the one way to ask for a lock without waiting that every runtime has.
 *
 * It is held by an exclusive transaction that never writes a byte, and ends with its process. Whoever else
 * opens and closes the file in the same process ends it as well
 * (https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_):
 * only SQLite may open it.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { isThere } from "~/base/files/is_there.ts";

/**
 * Takes it; makes the file if it is not there.
 *
 * @returns Gives it back; `undefined`: somebody else has it.
 * @throws {Error} The file cannot be written.
 */
export function trySqliteLock(path: string): Disposable | undefined {
  // The write stays in memory. Of a file that may only be read SQLite makes a transaction that locks nothing,
  // and says so no sooner.
  const take = "PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE; PRAGMA user_version=1";
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    db.exec(take);
    return { [Symbol.dispose]: () => db.close() };
  } catch (error) {
    db.close();
    if (isLocked(error)) return undefined;
    throw error;
  }
}

/** Whether somebody has it; needs no right to write. Where the file may not be read, nobody is known to. */
export function isSqliteLocked(path: string): boolean {
  // Whoever has it has made it.
  if (!isThere(path)) return false;
  try {
    using db = new DatabaseSync(path, { timeout: 0, readOnly: true });
    db.prepare("SELECT 1 FROM sqlite_schema").get();
    return false;
  } catch (error) {
    if (isLocked(error)) return true;
    if (error instanceof Error && /unable to open/.test(error.message)) return false;
    throw error;
  }
}

function isLocked(error: unknown): boolean {
  return error instanceof Error && /locked/.test(error.message);
}
