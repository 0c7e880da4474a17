/**
 * `--adopt`: records what a query gives now as accepted by the far side, and sends nothing.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { DeliveryLog } from "~/store/deliveries.ts";
import { Ledger, type LedgerEntry } from "~/store/ledger.ts";
import { acceptAll, forgetRemoved } from "~/tracked/accept_all.ts";
import { temp } from "~/tracked/comparison_sql.ts";
import type { ChangeSet } from "~/tracked/find_changes.ts";

/** What adopting needs of its run. */
export interface AdoptContext {
  db: DatabaseSync;
  model: string;
  runId: number;
  /** ISO 8601, UTC. */
  now: () => string;
}

/**
 * Accepts all changes at once. What the ledger knew of the model is over: its groups are as a person says.
 *
 * @returns The comparison as it stands then: nothing is left of it.
 */
export function adoptChanges(
  { db, model, runId, now }: AdoptContext,
  changes: ChangeSet,
  earlier: readonly LedgerEntry[],
): ChangeSet {
  forgetRemoved(db, changes);
  acceptAll(db, changes);
  const ledger = new Ledger(db, model);
  for (const { groupKey } of earlier) ledger.forget(groupKey);
  const adopted = changes.new + changes.changed + changes.removed;
  if (adopted > 0) {
    // One line for all of them: the group key "*" is no group's.
    new DeliveryLog(db, runId, model).write({
      ...{ groupKey: "*", changeId: 0, batch: 0, action: "update", state: "adopted", at: now() },
      ...{
        contentHash: "",
        error: `${adopted} ${adopted === 1 ? "group" : "groups"} recorded as sent`,
      },
    });
  }
  const unchanged = changes.unchanged + changes.new + changes.changed;
  db.exec(`DELETE FROM ${temp(changes.comparison.rowsTable)}`);
  return { ...changes, new: 0, changed: 0, removed: 0, removedUnaccepted: 0, unchanged, rows: 0 };
}
