import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { OnRemoved } from "~/model/model.ts";
import { Ledger, LedgerReader } from "~/store/changes/ledger.ts";
import { MIGRATIONS } from "~/store/schema.ts";
import { acceptAll } from "~/tracked/accept/accept_all.ts";
import { acceptedTableName, COLUMNS_ID } from "~/tracked/accept/accepted_table.ts";
import { FormerGroups } from "~/tracked/accept/former_groups.ts";
import { type ChangeSet, dropChanges, findChanges } from "~/tracked/compare/find_changes.ts";
import { inTransaction } from "~/warehouse/transaction.ts";
import { holdCandidates, triedGroups } from "./earlier_changes.ts";
import { forgetGone } from "./forget_gone.ts";
import { noteTried, type Tried } from "./ledger_fixture.ts";

const MODEL = "sync.crm";

function find(db: DatabaseSync, onRemoved: OnRemoved): ChangeSet {
  const earlier = new LedgerReader(db, MODEL);
  return findChanges(db, {
    model: MODEL,
    uniqueKey: ["id"],
    select: "SELECT * FROM src",
    columns: ["id", "name"],
    params: [],
    tried: triedGroups(earlier, onRemoved === "deliver"),
    holdCandidates: holdCandidates(earlier, "at_least_once"),
    everything: false,
  });
}

/**
 * Groups 1 and 2 were accepted, and 2 has left the query; 3 was never in it. A delivery begins.
 *
 * @returns The groups that the ledger has then, those that are accepted, and those of them in doubt.
 */
function beginWith(onRemoved: OnRemoved, ...tried: readonly Tried[]) {
  using db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  db.exec("CREATE TABLE src (id, name); INSERT INTO src VALUES (1, 'a'), (2, 'b')");
  const before = find(db, onRemoved);
  acceptAll(db, before);
  dropChanges(db, before);
  db.exec("DELETE FROM src WHERE id = 2");
  noteTried(db, ...tried);
  inTransaction(db, () => {
    const changes = find(db, onRemoved);
    forgetGone({
      db,
      onRemoved,
      changes,
      earlier: new LedgerReader(db, MODEL),
      records: { forget: (groupKey) => new Ledger(db, MODEL).forget(groupKey) },
      former: new FormerGroups(db, changes.comparison),
    });
    dropChanges(db, changes);
  });
  const rows = db.prepare(
    `SELECT id, ${COLUMNS_ID} < 0 AS doubted FROM "${acceptedTableName(MODEL)}" ORDER BY id`,
  ).all();
  return {
    open: [...new LedgerReader(db, MODEL).each()].map(({ groupKey }) => groupKey),
    accepted: rows.map(({ id }) => id),
    doubted: rows.filter(({ doubted }) => doubted === 1).map(({ id }) => id),
  };
}

Deno.test("what has left the query is forgotten, kept, or left for the model to remove, as the model says", () => {
  assert.deepEqual(beginWith("forget").accepted, [1]);
  assert.deepEqual(beginWith("keep").accepted, [1, 2]);
  assert.deepEqual(beginWith("deliver").accepted, [1, 2]);
});

Deno.test("a try of a group that is what was accepted is over where it did nothing", () => {
  const failed = beginWith("forget", { groupKey: "[1]" });
  assert.deepEqual([failed.open, failed.doubted], [[], []]);
  const moved = beginWith("forget", { groupKey: "[1]", moved: true });
  assert.deepEqual([moved.open, moved.doubted], [["[1]"], []], "it is sent again");
});

Deno.test("a try of a group that has left the query is over, and puts what is kept in doubt if it may have arrived", () => {
  const moved: Tried = { groupKey: "[2]", moved: true };
  assert.deepEqual(beginWith("forget", moved).open, []);
  const kept = beginWith("keep", moved);
  assert.deepEqual([kept.open, kept.accepted, kept.doubted], [[], [1, 2], [2]]);
  const failed = beginWith("keep", { groupKey: "[2]" });
  assert.deepEqual([failed.open, failed.doubted], [[], []]);
  assert.deepEqual(beginWith("keep", { groupKey: "[3]", state: "unknown" }).open, []);
  const told = beginWith("deliver", moved);
  assert.deepEqual([told.open, told.doubted], [["[2]"], []], "it is to be removed");
});

Deno.test("what was refused or settled of a group that has left the query stays that", () => {
  for (const state of ["rejected", "settled"] as const) {
    assert.deepEqual(beginWith("keep", { groupKey: "[2]", state, moved: true }).open, ["[2]"]);
  }
});

Deno.test("what was refused of a group that is what was accepted again is over", () => {
  assert.deepEqual(
    beginWith("forget", { groupKey: "[1]", state: "rejected", parked: true }).open,
    [],
  );
  const others: readonly Tried[] = [{ groupKey: "[1]" }, { groupKey: "[4]", parked: true }];
  assert.deepEqual(beginWith("forget", ...others).open, []);
});
