import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { MIGRATIONS } from "~/store/schema.ts";
import { batchesBefore, BatchParts } from "./batch_parts.ts";

function state(): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  return db;
}

Deno.test("batchesBefore() goes from part to part, the last batch first", () => {
  using db = state();
  const parts = new BatchParts(db, 1);
  parts.put(-2, { batch: -1, groups: 8 });
  parts.put(-3, { batch: -2, groups: 4 });
  parts.put(7, { batch: -3, groups: 2 });

  assert.deepEqual(batchesBefore(db, 7, 1), [
    { batch: -3, groups: 2 },
    { batch: -2, groups: 4 },
    { batch: -1, groups: 8 },
  ]);
  assert.deepEqual(batchesBefore(db, -2, 1), [{ batch: -1, groups: 8 }]);
  assert.deepEqual(batchesBefore(db, -1, 1), []);
  assert.deepEqual(batchesBefore(db, 8, 1), []);
});

Deno.test("a change that is alone in several runs is a part of other batches in each", () => {
  using db = state();
  new BatchParts(db, 1).put(7, { batch: -1, groups: 8 });
  new BatchParts(db, 2).put(7, { batch: -4, groups: 3 });

  assert.deepEqual(batchesBefore(db, 7, 1), [{ batch: -1, groups: 8 }]);
  assert.deepEqual(batchesBefore(db, 7, 2), [{ batch: -4, groups: 3 }]);
  assert.deepEqual(batchesBefore(db, 7, 3), []);
});

Deno.test("batchesBefore() comes to an end in a file whose parts lead in a circle", () => {
  using db = state();
  const parts = new BatchParts(db, 1);
  parts.put(-2, { batch: -3, groups: 2 });
  parts.put(-3, { batch: -2, groups: 2 });

  assert.deepEqual(batchesBefore(db, -3, 1), [{ batch: -2, groups: 2 }]);
});
