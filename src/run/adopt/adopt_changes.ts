/**
 * `--adopt`: records what a query gives now as accepted by the far side, and sends nothing.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { countOf, renderCount } from "~/base/text/counts.ts";
import type { AdoptedGroups, RecordedGroups } from "~/run/run_event.ts";
import { temp } from "~/sql/identifiers.ts";
import { DeliveryLog } from "~/store/changes/delivery_log.ts";
import { Ledger, type LedgerReader } from "~/store/changes/ledger.ts";
import { clearPending } from "~/store/changes/pending.ts";
import { acceptAll, forgetRemoved } from "~/tracked/accept/accept_all.ts";
import type { ChangeSet } from "~/tracked/compare/find_changes.ts";

/** What adopting needs of its run. */
export interface AdoptContext {
  db: DatabaseSync;
  model: string;
  runId: number;
  /** ISO 8601, UTC. */
  now: () => string;
}

/** What came of adopting. */
export interface Adoption {
  /** What is left of the comparison; none of it is given to the model in this run. */
  changes: ChangeSet;
  /** Whether the target's content moved. */
  hasWritten: boolean;
  /** How it compared with what the far side holds. */
  told?: AdoptedGroups;
  /** What was recorded without asking what it holds. */
  recorded?: RecordedGroups;
}

/** Nothing is left to be given to the model, nor taken for what was tried and left the query. */
export function clearChanges(db: DatabaseSync, { comparison: c }: ChangeSet): void {
  db.exec(`DELETE FROM ${temp(c.rowsTable)}; DELETE FROM ${temp(c.triedTable)}`);
}

function summaryOf({ new: added, changed, removed }: ChangeSet): string {
  const recorded = `${countOf(added + changed, "group")} recorded as sent`;
  return removed > 0
    ? `${recorded}; ${renderCount(removed)} that left the query forgotten`
    : recorded;
}

/** Accepts all changes at once. What the ledger knew of the model is over: its groups are as a person says. */
export function adoptChanges(
  { db, model, runId, now }: AdoptContext,
  changes: ChangeSet,
  earlier: LedgerReader,
): Adoption {
  forgetRemoved(db, changes);
  acceptAll(db, changes);
  const ledger = new Ledger(db, model);
  for (const { groupKey } of earlier.each()) ledger.forget(groupKey);
  clearPending(db, model);
  const adopted = changes.new + changes.changed + changes.removed;
  if (adopted > 0) {
    // One line for all of them: the group key "*" is no group's.
    new DeliveryLog(db, runId, model).write({
      groupKey: "*",
      changeId: 0,
      batch: 0,
      action: "update",
      state: "adopted",
      at: now(),
      contentHash: "",
      error: summaryOf(changes),
    });
  }
  const unchanged = changes.unchanged + changes.new + changes.changed;
  clearChanges(db, changes);
  const none = { new: 0, changed: 0, removed: 0, removedUnaccepted: 0, rows: 0 };
  const left = { ...changes, ...none, unchanged };
  const recorded = { groups: changes.new + changes.changed, forgotten: changes.removed };
  return { changes: left, hasWritten: adopted > 0, recorded };
}
