/**
 * Notes for a plan what a comparison has found, before anything of it is given to the model: how many groups,
 * which are held back, and which left the query without anybody being told.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { OnRemoved } from "~/model/model.ts";
import { toRecord } from "~/plan/changed_fields.ts";
import type { ModelPlan } from "~/plan/model_plan.ts";
import type { LedgerReader } from "~/store/changes/ledger.ts";
import type { ChangeSet } from "~/tracked/compare/find_changes.ts";
import { heldBackKeys } from "~/tracked/compare/hold_back.ts";
import { PreviousRows } from "~/tracked/compare/previous_rows.ts";
import { RemovedGroupReader } from "~/tracked/compare/removed_group_reader.ts";
import { encodeGroupKey } from "~/tracked/group_key.ts";

/** What is known beside the comparison. */
export interface PlannedDelivery {
  earlier: LedgerReader;
  onRemoved: OnRemoved;
  adopt: boolean;
}

const READ_AT_ONCE = 1_000;

/** Call inside the transaction that found the changes. */
export function planChanges(
  db: DatabaseSync,
  plan: ModelPlan,
  changes: ChangeSet,
  { earlier, onRemoved, adopt }: PlannedDelivery,
): void {
  const { new: added, changed, unchanged, removed, heldBack } = changes;
  plan.compared({
    new: added,
    changed,
    unchanged,
    removed,
    held: heldBack.groups,
    onRemoved,
    adopt,
  });
  plan.heldBack(
    heldBackKeys(db, changes, plan.listed).flatMap((key) => {
      const group = encodeGroupKey(key);
      const entry = earlier.get(group);
      if (!entry) return [];
      const { state, attempts } = entry;
      return [{ group, key: toRecord(changes.comparison.uniqueKey, key), state, attempts }];
    }),
  );
  const action = adopt ? "forget" : onRemoved;
  if (action !== "deliver") noteGone(db, plan, changes, action);
}

function noteGone(
  db: DatabaseSync,
  plan: ModelPlan,
  { comparison, removed }: ChangeSet,
  action: "forget" | "keep",
): void {
  if (removed === 0) return;
  const reader = new RemovedGroupReader(db, comparison);
  const previous = new PreviousRows(db, comparison);
  const nothing = { columns: [], values: [] };
  for (let keys = reader.read(READ_AT_ONCE); keys.length > 0; keys = reader.read(READ_AT_ONCE)) {
    for (const key of keys) {
      const before = previous.read(key);
      const group = { number: 0, key, keyText: encodeGroupKey(key), hash: previous.hash(before) };
      plan.notGiven({ ...group, action }, before, nothing);
    }
    if (plan.listsAllGone) return;
  }
}
