/**
 * Counting the changes that the next run sends by itself.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { DeliveryPromise } from "~/delivery/earlier_try.ts";

/** Those of one model that are known: found by an earlier run and not begun, or tried and to come again. */
export function countWaitingChanges(
  db: DatabaseSync,
  model: string,
  promise: DeliveryPromise,
): number {
  const row = db.prepare(
    `SELECT count(*) AS n FROM "spoor.changes"
     WHERE model = ? AND CASE WHEN state IN ('unknown', 'sent') THEN ? ELSE NOT parked END`,
  ).get(model, Number(promise === "at_least_once"));
  return Number(row?.n);
}
