import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { DeliveryPromise } from "~/delivery/earlier_try.ts";
import type { OnRemoved } from "~/model/model.ts";
import { Ledger, type LedgerEntry, LedgerReader } from "~/store/changes/ledger.ts";
import { MIGRATIONS } from "~/store/schema.ts";
import {
  collectGroups,
  createFarTable,
  type FarComparison,
  matchGroups,
} from "~/tracked/adopt/match_far_rows.ts";
import { adoptTries } from "./adopt_tries.ts";

const FAR: FarComparison = {
  uniqueKey: ["id"],
  columns: ["id", "name"],
  compared: ["name"],
  queryTable: "here",
  farTable: "there",
  groupsTable: "groups",
};
/** Where a group is, by its key. */
const GROUPS = { same: 1, differs: 2, notThere: 3, goneAndThere: 4, goneAndNot: 5 };
type Where = keyof typeof GROUPS;

function openState(): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  db.exec(
    `CREATE TEMP TABLE here (id, name); INSERT INTO here VALUES (1, 'a'), (2, 'b'), (3, 'c')`,
  );
  createFarTable(db, FAR);
  db.exec("INSERT INTO there VALUES (1, 'a', 2), (2, 'x', 3), (4, 'd', 4)");
  collectGroups(db, FAR);
  matchGroups(db, FAR);
  return db;
}

/** What becomes of a try of a group there. */
function adopted(
  where: Where,
  tried: Partial<LedgerEntry>,
  { promise = "at_least_once", onRemoved = "deliver" }: {
    promise?: DeliveryPromise;
    onRemoved?: OnRemoved;
  } = {},
): LedgerEntry | undefined {
  using db = openState();
  const entry: LedgerEntry = {
    id: 7,
    groupKey: `[${GROUPS[where]}]`,
    contentHash: "1:a",
    state: "failed",
    batch: 6,
    place: 2,
    attempts: 2,
    parked: true,
    action: "update",
    moved: false,
    settledHash: "1:before",
    runId: 1,
    ...tried,
  };
  new Ledger(db, "sync.crm").write([entry], { ...entry, at: "2026-01-01T00:00:00Z" });
  const context = {
    db,
    model: "sync.crm",
    runId: 2,
    maxAttempts: 3,
    now: () => "2026-01-02T00:00:00Z",
    promise,
    onRemoved,
    nextChangeId: () => 9,
  };
  adoptTries(context, FAR, new LedgerReader(db, "sync.crm"));
  const [left, ...others] = new LedgerReader(db, "sync.crm").each();
  assert.deepEqual(others, []);
  return left;
}

const ARRIVED: readonly Partial<LedgerEntry>[] = [
  { state: "unknown" },
  { state: "sent" },
  { state: "settled" },
];
const MOVED: readonly Partial<LedgerEntry>[] = [
  { state: "failed", moved: true },
  { state: "rejected", moved: true },
];
const NOTHING_DONE: readonly Partial<LedgerEntry>[] = [{ state: "failed" }, { state: "rejected" }];

Deno.test("a try of a group that is the same there is over, however it ended", () => {
  for (const tried of [...ARRIVED, ...MOVED, ...NOTHING_DONE]) {
    assert.equal(adopted("same", tried), undefined, tried.state);
    assert.equal(adopted("same", tried, { promise: "at_most_once" }), undefined, tried.state);
  }
});

Deno.test("a try that surely did nothing stays as it was; what was settled before it counts no more", () => {
  for (const tried of NOTHING_DONE) {
    for (const where of ["differs", "notThere", "goneAndThere", "goneAndNot"] as const) {
      const { id, state, batch, attempts, parked, settledHash } = adopted(where, tried) ?? {};
      assert.deepEqual(
        [id, state, batch, attempts, parked, settledHash],
        [7, tried.state, 6, 2, true, undefined],
      );
    }
  }
});

Deno.test("what may have arrived of a group that differs there is over, and one that was refused gets another key", () => {
  for (const where of ["differs", "notThere"] as const) {
    for (const tried of ARRIVED) assert.equal(adopted(where, tried), undefined, tried.state);
    for (const tried of MOVED) {
      const { id, state, batch, place, attempts, parked, moved } = adopted(where, tried) ?? {};
      assert.deepEqual(
        [id, state, batch, place, attempts, parked, moved],
        [9, tried.state, 0, 0, 2, true, false],
      );
    }
  }
});

Deno.test("a group that has left the query and is there is to be removed, where the far side is told", () => {
  for (const tried of [...ARRIVED, ...MOVED]) {
    const hasArrived = ARRIVED.includes(tried);
    const { id, state, attempts, parked, moved } = adopted("goneAndThere", tried) ?? {};
    assert.deepEqual(
      [id, state, attempts, parked, moved],
      hasArrived ? [9, "failed", 0, false, true] : [9, tried.state, 2, true, true],
    );
    assert.equal(adopted("goneAndNot", tried), undefined, tried.state);
    for (const onRemoved of ["forget", "keep"] as const) {
      assert.equal(adopted("goneAndThere", tried, { onRemoved }), undefined, tried.state);
    }
  }
});

Deno.test("what may have arrived waits for a person where it is sent at most once, wherever its group is", () => {
  for (const where of ["differs", "notThere", "goneAndThere", "goneAndNot"] as const) {
    for (const state of ["unknown", "sent"] as const) {
      const left = adopted(where, { state }, { promise: "at_most_once" });
      assert.deepEqual([left?.id, left?.state, left?.batch], [7, "unknown", 6]);
    }
  }
  // What was answered, or said by a person, waits for nobody.
  const promise = "at_most_once";
  assert.equal(adopted("differs", { state: "failed", moved: true }, { promise })?.id, 9);
  assert.equal(adopted("differs", { state: "settled" }, { promise }), undefined);
});

Deno.test("a try under another unique key is about another group, and stays", () => {
  const left = adopted("same", { state: "unknown", groupKey: "[1,2]" });
  assert.deepEqual([left?.id, left?.settledHash], [7, "1:before"]);
});
