import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { GroupNow } from "~/delivery/earlier_try.ts";
import { LedgerReader } from "~/store/changes/ledger.ts";
import { MIGRATIONS } from "~/store/schema.ts";
import { acceptAll } from "~/tracked/accept/accept_all.ts";
import { acceptedTableName, COLUMNS_ID } from "~/tracked/accept/accepted_table.ts";
import { dropChanges, findChanges } from "~/tracked/compare/find_changes.ts";
import type { HoldCandidates } from "~/tracked/compare/hold_back.ts";
import { inTransaction } from "~/warehouse/transaction.ts";
import { acceptSettled, type SettledContext, type TrackedQuery } from "./accept_settled.ts";
import { noteTried, type Tried } from "./ledger_fixture.ts";

const QUERY: TrackedQuery = { select: "SELECT * FROM src", columns: ["id", "name"], params: [] };

/** A model that has accepted group 1, and whose query has the groups 1 and 2. */
function openModel(): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  db.exec("CREATE TABLE src (id, name); INSERT INTO src VALUES (1, 'a')");
  const changes = find(db);
  acceptAll(db, changes);
  dropChanges(db, changes);
  db.exec("INSERT INTO src VALUES (2, 'b')");
  return db;
}

function find(db: DatabaseSync, holdCandidates?: HoldCandidates) {
  return findChanges(db, {
    model: "sync.crm",
    uniqueKey: ["id"],
    ...QUERY,
    tried: [],
    ...holdCandidates && { holdCandidates },
    everything: false,
  });
}

/** The hash of what a group holds now. */
function hashOf(db: DatabaseSync, id: number): string {
  let found: GroupNow = "absent";
  const isHeld = (now: GroupNow) => {
    found = now;
    return true;
  };
  const changes = find(db, { keys: () => [[id]], find: () => ({ isHeld }) });
  dropChanges(db, changes);
  assert.ok(typeof found === "object");
  return (found as { hash: string }).hash;
}

/** What the ledger has of group 2, or another one, beside what is given. */
function note(db: DatabaseSync, tried: Tried): void {
  noteTried(db, {
    id: 5,
    groupKey: "[2]",
    contentHash: "1:other",
    state: "settled",
    batch: -3,
    place: 1,
    attempts: 2,
    ...tried,
  });
}

function settle(
  db: DatabaseSync,
  onRemoved: SettledContext["onRemoved"] = "forget",
  at = "2026-01-02T00:00:00Z",
) {
  const context: SettledContext = {
    db,
    model: "sync.crm",
    uniqueKey: ["id"],
    runId: 2,
    onRemoved,
    nextChangeId: () => 9,
    now: () => at,
  };
  const earlier = new LedgerReader(db, "sync.crm");
  const taken = inTransaction(db, () => acceptSettled(context, QUERY, earlier));
  const [entry, ...others] = new LedgerReader(db, "sync.crm").each();
  assert.deepEqual(others, []);
  const accepted = db.prepare(
    `SELECT id, ${COLUMNS_ID} < 0 AS doubted FROM "${acceptedTableName("sync.crm")}" ORDER BY id`,
  ).all().map(({ id, doubted }) => [id, doubted === 1]);
  return { taken, entry, accepted };
}

Deno.test("a group that is what was settled is accepted without a request", () => {
  using db = openModel();
  note(db, { contentHash: hashOf(db, 2) });
  const { taken, entry, accepted } = settle(db);
  assert.deepEqual([taken.isAny, taken.hasWritten, entry], [true, true, undefined]);
  assert.deepEqual(accepted, [[1, false], [2, false]]);
});

Deno.test("a group that was accepted before and is what was settled is accepted as that", () => {
  using db = openModel();
  db.exec("UPDATE src SET name = 'z' WHERE id = 1");
  note(db, { groupKey: "[1]", contentHash: hashOf(db, 1) });
  const { taken, entry, accepted } = settle(db);
  assert.deepEqual([taken.isAny, taken.hasWritten, entry], [true, true, undefined]);
  assert.deepEqual(accepted, [[1, false]]);
});

Deno.test("where nothing was settled nothing is known as sent, and nothing has moved", () => {
  using db = openModel();
  assert.deepEqual(settle(db).taken, { isAny: false, hasWritten: false });
  note(db, { state: "failed" });
  const { taken, entry } = settle(db);
  assert.deepEqual([taken, entry?.moved], [{ isAny: false, hasWritten: false }, false]);
});

Deno.test("a group that is another by now is left to the comparison, and what was settled is remembered", () => {
  using db = openModel();
  note(db, {});
  const { taken, entry, accepted } = settle(db);
  assert.deepEqual([taken.isAny, taken.hasWritten], [true, false]);
  assert.deepEqual([entry?.state, entry?.contentHash, entry?.moved], ["settled", "1:other", true]);
  assert.deepEqual(accepted, [[1, false]]);
});

Deno.test("what was accepted before of a group that was settled is in doubt, whatever it holds now", () => {
  using db = openModel();
  note(db, { groupKey: "[1]" });
  const { entry, accepted } = settle(db);
  assert.deepEqual(accepted, [[1, true]]);
  assert.equal(entry?.moved, true, "it is what was accepted, and that is not what was settled");
});

Deno.test("a removal that was settled is done, and nothing of its group is known any more", () => {
  using db = openModel();
  note(db, { groupKey: "[1]", action: "remove" });
  const { taken, entry, accepted } = settle(db);
  assert.deepEqual([taken.isAny, taken.hasWritten, entry], [true, true, undefined]);
  assert.deepEqual(accepted, []);

  note(db, { groupKey: "[1]", action: "remove" });
  assert.deepEqual(settle(db).taken, { isAny: true, hasWritten: false }, "nothing was there");
});

Deno.test("a try after what was settled whose end is not known stays that, whatever becomes of its group", () => {
  for (const onRemoved of ["forget", "keep", "deliver"] as const) {
    for (const groupKey of ["[2]", "[3]"]) {
      using db = openModel();
      const unknown: Tried = { groupKey, state: "unknown", settledHash: hashOf(db, 2) };
      note(db, unknown);
      const { taken, entry } = settle(db, onRemoved);
      assert.deepEqual([taken.isAny, entry?.state, entry?.id], [false, "unknown", 5], onRemoved);
      assert.equal(entry?.settledHash, unknown.settledHash);
    }
  }
});

Deno.test("a refused try does not hide that the group is again what was settled before it", () => {
  using db = openModel();
  note(db, { state: "rejected", parked: true, settledHash: hashOf(db, 2) });
  const { taken, entry, accepted } = settle(db);
  assert.deepEqual([taken.isAny, taken.hasWritten, entry], [true, true, undefined]);
  assert.deepEqual(accepted, [[1, false], [2, false]]);
});

/** A group that has left the query: of which something was accepted, or nothing ever was. */
const GONE = { removed: "[1]", absent: "[3]" };

for (const [what, groupKey] of Object.entries(GONE)) {
  const settleGone = (tried: Tried, onRemoved: SettledContext["onRemoved"]) => {
    using db = openModel();
    db.exec("DELETE FROM src WHERE id = 1");
    note(db, { groupKey, ...tried });
    return settle(db, onRemoved);
  };

  Deno.test(`what was settled of a group that is gone (${what}) is forgotten, kept or to be removed, as the model says`, () => {
    assert.equal(settleGone({}, "forget").entry, undefined);

    const { taken, entry: kept } = settleGone({ parked: true }, "keep");
    assert.deepEqual([kept?.id, kept?.state, kept?.settledHash], [5, "settled", "1:other"]);
    assert.deepEqual([kept?.batch, kept?.place, kept?.parked, kept?.moved], [0, 0, false, true]);
    assert.deepEqual(taken, { isAny: true, hasWritten: false });

    const { entry: gone } = settleGone({ parked: true }, "deliver");
    assert.deepEqual([gone?.id, gone?.state, gone?.action], [9, "failed", "remove"]);
    assert.deepEqual([gone?.batch, gone?.place, gone?.attempts], [0, 0, 0]);
    assert.deepEqual([gone?.parked, gone?.moved, gone?.settledHash], [false, true, "1:other"]);
  });

  Deno.test(`a try after what was settled of a group that is gone (${what}) is what it was, but where the group is kept`, () => {
    const tried: Tried = { state: "failed", settledHash: "1:before" };
    const { taken, entry } = settleGone(tried, "forget");
    assert.deepEqual([entry?.id, entry?.state, entry?.settledHash], [5, "failed", undefined]);
    assert.deepEqual(taken, { isAny: false, hasWritten: false });

    const { entry: open } = settleGone(tried, "deliver");
    assert.deepEqual([open?.id, open?.state, open?.settledHash], [5, "failed", "1:before"]);

    const { entry: kept } = settleGone(tried, "keep");
    assert.deepEqual([kept?.state, kept?.contentHash], ["settled", "1:before"]);
  });
}

Deno.test("what was refused of a group that is gone and kept stays refused where something of it was accepted", () => {
  for (const [groupKey, state] of [["[1]", "rejected"], ["[3]", "settled"]] as const) {
    using db = openModel();
    db.exec("DELETE FROM src WHERE id = 1");
    note(db, { groupKey, state: "rejected", settledHash: "1:before" });
    assert.equal(settle(db, "keep").entry?.state, state, groupKey);
  }
});

Deno.test("what a run has taken notice of is no news to the next one", () => {
  using db = openModel();
  note(db, { groupKey: "[3]" });
  assert.equal(settle(db, "keep").taken.isAny, true);
  const { taken, entry } = settle(db, "keep", "2026-01-03T00:00:00Z");
  assert.deepEqual([taken.isAny, entry?.at], [false, "2026-01-02T00:00:00Z"]);
});

Deno.test("a removal that follows on what was settled is not done by that", () => {
  using db = openModel();
  note(db, { groupKey: "[3]" });
  assert.equal(settle(db, "deliver").entry?.action, "remove");
  const { taken, entry } = settle(db, "deliver");
  assert.deepEqual([taken.isAny, entry?.action, entry?.state], [false, "remove", "failed"]);
});
