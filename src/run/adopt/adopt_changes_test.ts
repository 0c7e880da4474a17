import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { triedGroups } from "~/run/earlier/earlier_changes.ts";
import { temp } from "~/sql/identifiers.ts";
import { deliveriesOf } from "~/store/changes/group_story.ts";
import { Ledger, LedgerReader } from "~/store/changes/ledger.ts";
import { runOfPending } from "~/store/changes/pending.ts";
import { MIGRATIONS } from "~/store/schema.ts";
import { dropChanges, findChanges } from "~/tracked/compare/find_changes.ts";
import { countFrom } from "~/warehouse/tables.ts";
import { inTransaction } from "~/warehouse/transaction.ts";
import { adoptChanges } from "./adopt_changes.ts";

const MODEL = "sync.crm";

function openState(): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  db.exec("CREATE TABLE src (id, name); INSERT INTO src VALUES (1, 'a'), (2, 'b'), (3, 'c')");
  return db;
}

/** Adopts what the query gives now, in this run. */
function adopt(db: DatabaseSync, runId: number) {
  return inTransaction(db, () => {
    const earlier = new LedgerReader(db, MODEL);
    const changes = findChanges(db, {
      model: MODEL,
      uniqueKey: ["id"],
      select: "SELECT * FROM src",
      columns: ["id", "name"],
      params: [],
      tried: triedGroups(earlier, false),
      everything: false,
    });
    const context = { db, model: MODEL, runId, now: () => "2026-01-31T14:05:09Z" };
    const adoption = adoptChanges(context, changes, earlier);
    const { rowsTable, triedTable } = changes.comparison;
    assert.deepEqual(
      [rowsTable, triedTable].map((table) => countFrom(db, temp(table))),
      [0, 0],
      "nothing is given to the model",
    );
    dropChanges(db, changes);
    return adoption;
  });
}

const storyOf = (db: DatabaseSync) =>
  deliveriesOf(db, MODEL, "[1]", 10).map(({ state, error }) => [state, error]);

Deno.test("--adopt accepts what is new and changed, forgets what has left, and tells how many", () => {
  using db = openState();
  const first = adopt(db, 1);
  assert.deepEqual(first.recorded, { groups: 3, forgotten: 0 });
  assert.deepEqual(storyOf(db), [["adopted", "3 groups recorded as sent"]]);
  db.exec("DELETE FROM src WHERE id = 3; UPDATE src SET name = 'x' WHERE id = 2");
  db.exec("INSERT INTO src VALUES (4, 'd')");

  const { changes: left, recorded, hasWritten } = adopt(db, 2);
  assert.deepEqual([recorded, hasWritten], [{ groups: 2, forgotten: 1 }, true]);
  const { new: added, changed, removed, removedUnaccepted, rows, unchanged } = left;
  assert.deepEqual([added, changed, removed, removedUnaccepted, rows, unchanged], [
    0,
    0,
    0,
    0,
    0,
    3,
  ]);
  assert.deepEqual(storyOf(db)[0], [
    "adopted",
    "2 groups recorded as sent; 1 that left the query forgotten",
  ]);
  const again = adopt(db, 3);
  assert.deepEqual([again.hasWritten, again.recorded], [false, { groups: 0, forgotten: 0 }]);
  assert.equal(storyOf(db).length, 2, "where nothing was recorded nothing is told of it");
});

Deno.test("--adopt that only forgets what has left is told too", () => {
  using db = openState();
  adopt(db, 1);
  db.exec("DELETE FROM src WHERE id = 3");
  assert.equal(adopt(db, 2).hasWritten, true);
  assert.equal(storyOf(db).length, 2);
});

Deno.test("--adopt counts what is new and what is changed together", () => {
  using db = openState();
  adopt(db, 1);
  db.exec("UPDATE src SET name = 'x' WHERE id = 1; INSERT INTO src VALUES (4, 'd')");
  const { hasWritten, recorded } = adopt(db, 2);
  assert.deepEqual([hasWritten, recorded], [true, { groups: 2, forgotten: 0 }]);
  assert.equal(storyOf(db).length, 2);
});

Deno.test("--adopt ends all earlier tries and what waits: groups are as a person says", () => {
  using db = openState();
  const ledger = new Ledger(db, MODEL);
  for (const [id, state] of [[1, "unknown"], [2, "rejected"], [9, "settled"]] as const) {
    ledger.write(
      [{
        id,
        groupKey: `[${id}]`,
        contentHash: "1:a",
        batch: 0,
        place: 0,
        attempts: 1,
        action: "update",
        moved: true,
        settledHash: undefined,
      }],
      { state, parked: true, runId: 1, at: "2026-01-01T00:00:00Z" },
    );
  }
  db.exec(`INSERT INTO "spoor.pending" VALUES ('sync.crm', 1, 1, 'create', '[3]')`);
  adopt(db, 2);
  assert.deepEqual([...new LedgerReader(db, MODEL).each()], []);
  assert.equal(runOfPending(db, MODEL), undefined);
});
