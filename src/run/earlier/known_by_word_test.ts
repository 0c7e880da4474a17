import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { LedgerReader } from "~/store/changes/ledger.ts";
import { MIGRATIONS } from "~/store/schema.ts";
import { acceptAll } from "~/tracked/accept/accept_all.ts";
import { type ChangeSet, dropChanges, findChanges } from "~/tracked/compare/find_changes.ts";
import { triedGroups } from "./earlier_changes.ts";
import { countKnownByWord } from "./known_by_word.ts";
import { noteTried, type Tried } from "./ledger_fixture.ts";

const MODEL = "sync.crm";

function find(db: DatabaseSync): ChangeSet {
  return findChanges(db, {
    model: MODEL,
    uniqueKey: ["id"],
    select: "SELECT * FROM src",
    columns: ["id", "name"],
    params: [],
    tried: triedGroups(new LedgerReader(db, MODEL), false),
    everything: false,
  });
}

/** Counts of a model that has accepted group 1, which is another now, and has 2 and 3 besides. */
function countsWith(...tried: readonly Tried[]) {
  using db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  db.exec("CREATE TABLE src (id, name); INSERT INTO src VALUES (1, 'a')");
  const before = find(db);
  acceptAll(db, before);
  dropChanges(db, before);
  db.exec("UPDATE src SET name = 'x'; INSERT INTO src VALUES (2, 'b'), (3, 'c'), (3, 'd')");
  noteTried(db, ...tried.map((each) => ({ state: "settled" as const, ...each })));
  const changes = find(db);
  const counted = countKnownByWord(db, changes, new LedgerReader(db, MODEL));
  dropChanges(db, changes);
  return [counted.new, counted.changed];
}

Deno.test("what the far side has by a person's word is changed, and not new", () => {
  assert.deepEqual(countsWith(), [2, 1]);
  assert.deepEqual(countsWith({ groupKey: "[3]" }), [1, 2], "a group of two rows is one");
  assert.deepEqual(countsWith({ groupKey: "[2]" }, { groupKey: "[3]" }), [0, 3]);
  const failed = { groupKey: "[2]", state: "failed", moved: true } as const;
  assert.deepEqual(
    countsWith({ groupKey: "[3]" }, failed),
    [1, 2],
    "of that one nobody has said so",
  );
  const later = { groupKey: "[2]", state: "unknown", settledHash: "1:before" } as const;
  assert.deepEqual(countsWith(later), [1, 2]);
});

Deno.test("what was accepted, has left the query, or may have been removed is counted as before", () => {
  assert.deepEqual(countsWith({ groupKey: "[1]" }), [2, 1]);
  assert.deepEqual(countsWith({ groupKey: "[9]" }), [2, 1]);
  assert.deepEqual(countsWith({ groupKey: "[2]", action: "remove" }), [2, 1]);
  assert.deepEqual(countsWith({ groupKey: "[2]", state: "unknown" }), [2, 1]);
});
