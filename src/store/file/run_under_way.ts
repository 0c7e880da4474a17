/**
 * The run that is under way, for commands that only look.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { heldSince, lockPathOf } from "./run_lock.ts";

/**
 * Finds it: somebody holds the lock, and the last run has begun since then. A plan, or a person's decision,
 * holds the lock too and is no run: what the one before it has left is as it left it.
 *
 * @param path The state file.
 */
export function runUnderWay(db: DatabaseSync, path: string): number | undefined {
  const since = heldSince(lockPathOf(path));
  if (since === undefined) return undefined;
  const last = db.prepare(
    `SELECT id FROM "spoor.runs" WHERE id = (SELECT max(id) FROM "spoor.runs") AND started_at >= ?`,
  ).get(since);
  return last && Number(last.id);
}
