/**
 * Counting the changes that wait.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { DeliveryPromise } from "~/delivery/earlier_try.ts";
import { countFrom } from "~/warehouse/tables.ts";
import { IS_UNKNOWN } from "./ledger.ts";

/**
 * Those of one model that the next run sends by itself, as far as they are known: found by an earlier run and not
 * begun, or tried and to come again.
 *
 * @param directives Of the model.
 */
export function countWaitingChanges(
  db: DatabaseSync,
  model: string,
  directives: { delivery?: DeliveryPromise; onRemoved?: string },
): number {
  return countFrom(
    db,
    `"spoor.changes" WHERE model = ? AND state <> 'settled'
       AND CASE WHEN ${IS_UNKNOWN} THEN ? ELSE NOT parked END
       AND (action <> 'remove' OR ?)`,
    model,
    Number(directives.delivery !== "at_most_once"),
    Number(directives.onRemoved === "deliver"),
  );
}

/** All of one model that are not acknowledged, whether a run sends them or not. */
export function countUnacknowledged(db: DatabaseSync, model: string): number {
  return countFrom(db, `"spoor.changes" WHERE model = ?`, model);
}
