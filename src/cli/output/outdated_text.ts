/**
 * What is said where the state file is older than what was sent.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { findUnknownSender, olderThanSent, unreadableMark } from "~/store/file/sent_mark.ts";
import { renderLocalTime } from "./local_time.ts";
import type { Output } from "./output.ts";

/**
 * The line.
 *
 * @param startedAt Of the run that sent last: ISO 8601, UTC.
 */
export function outdatedText(runId: number, startedAt: string): string {
  const older = olderThanSent(runId, renderLocalTime(startedAt));
  return `The state file is ${older}, and no run begins from it`;
}

/** Says it on standard error, where it is so: what a command shows is not all there was. */
export function tellOutdated(output: Output, statePath: string, db: DatabaseSync): void {
  const run = findUnknownSender(statePath, db);
  if (run) output.errorLine(`${outdatedText(run.runId, run.startedAt)}.`);
  const why = unreadableMark(statePath);
  if (why !== undefined) output.errorLine(`${why}: no run begins from this state.`);
}
