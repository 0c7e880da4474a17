/**
 * The state file, opened to look at groups or to decide about them by hand.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { UserError } from "~/base/user_error.ts";
import { type ChosenState, openProjectState, whyNoState } from "~/cli/open_project_state.ts";
import { tellOutdated } from "~/cli/output/outdated_text.ts";
import type { Output } from "~/cli/output/output.ts";
import { openState, stateFilePath, versionOf } from "~/store/file/open_state.ts";
import { lockPathOf, takeRunLock } from "~/store/file/run_lock.ts";
import { MIGRATIONS } from "~/store/schema.ts";

/** How it is opened. */
export interface GroupsSituation extends ChosenState {
  /** Is told where the file is older than what was sent. */
  output: Output;
}

/**
 * Opens it for reading.
 *
 * @param purpose For the message: `list failures`.
 * @throws {UserError} Nothing has run, or only an older Spoor has, which kept no such record.
 */
export function openGroups(
  { output, ...chosen }: GroupsSituation,
  purpose: string,
): DatabaseSync {
  const db = openProjectState(chosen, purpose);
  if (versionOf(db) === MIGRATIONS.length) {
    tellOutdated(output, stateFilePath(chosen.root, chosen.practice), db);
    return db;
  }
  db.close();
  throw new UserError(`Cannot ${purpose}: only an older Spoor has run here yet`, {
    hint:
      `Run "spoor run${chosen.option}" once: it brings the state file up to date, and keeps record from then on.`,
  });
}

/**
 * Opens it for a list. Where nothing has run there is nothing to list, which is said on standard error and is
 * no failure.
 *
 * @throws {UserError} The state file got lost, or only an older Spoor has run.
 */
export function openGroupsToList(
  situation: GroupsSituation,
  purpose: string,
): DatabaseSync | undefined {
  const missing = whyNoState(situation, purpose);
  if (missing === undefined) return openGroups(situation, purpose);
  situation.output.errorLine(
    `${missing.state[0]?.toUpperCase()}${missing.state.slice(1)}. ${missing.hint}`,
  );
  return undefined;
}

/**
 * Opens it for a person's decision: no run is under way while it is open.
 *
 * @throws {UserError} Nothing has run, or a run is under way.
 */
export function openForDecision(
  situation: GroupsSituation,
  command: string,
  purpose: string,
): Disposable & { db: DatabaseSync } {
  openGroups(situation, purpose).close();
  const path = stateFilePath(situation.root, situation.practice);
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
