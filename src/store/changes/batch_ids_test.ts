import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { MIGRATIONS } from "~/store/schema.ts";
import { BatchIds, nextBatchId } from "./batch_ids.ts";

Deno.test("ids of batches go down, and none is given twice, in whatever order they are kept", () => {
  using db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  assert.equal(nextBatchId(db), -1);
  const ids = new BatchIds(db);
  for (const id of [-2, -11, -1]) ids.keep(id);
  assert.equal(nextBatchId(db), -12);
});
