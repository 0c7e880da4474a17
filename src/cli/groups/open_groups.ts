/**
 * The state file, opened to look at groups or to decide about them by hand.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { UserError } from "~/base/user_error.ts";
import { openProjectState } from "~/cli/open_project_state.ts";
import { practiceOption } from "~/run/command_text.ts";
import { openState, stateFilePath } from "~/store/open_state.ts";
import { lockPathOf, takeRunLock } from "~/store/run_lock.ts";
import { MIGRATIONS } from "~/store/schema.ts";

/**
 * Opens it for reading.
 *
 * @param purpose For the message: `list failures`.
 * @throws {UserError} Nothing has run, or only an older Spoor has, which kept no such record.
 */
export function openGroups(root: string, practice: boolean, purpose: string): DatabaseSync {
  const db = openProjectState(root, practice, purpose);
  const version = Number(db.prepare("PRAGMA user_version").get()?.user_version);
  if (version === MIGRATIONS.length) return db;
  db.close();
  throw new UserError(`Cannot ${purpose}: only an older Spoor has run here yet`, {
    hint: `Run "spoor run${
      practiceOption(practice)
    }" once: it brings the state file up to date, and keeps record from then on.`,
  });
}

/**
 * Opens it for a person's decision: no run is under way while it is open.
 *
 * @throws {UserError} Nothing has run, or a run is under way.
 */
export function openForDecision(
  root: string,
  practice: boolean,
  command: string,
  purpose: string,
): Disposable & { db: DatabaseSync } {
  openGroups(root, practice, purpose).close();
  const path = stateFilePath(root, practice);
  const lock = takeRunLock(lockPathOf(path), command, new Date().toISOString(), purpose);
  try {
    const db = openState(path);
    return {
      db,
      [Symbol.dispose]() {
        db.close();
        lock[Symbol.dispose]();
      },
    };
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}
