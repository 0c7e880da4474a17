import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { MIGRATIONS } from "~/store/schema.ts";
import { LedgerReader } from "./ledger.ts";

Deno.test("LedgerReader.each() gives each change of its model once, however many there are", () => {
  using db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  db.exec(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
     INSERT INTO "spoor.ledger" (id, model, group_key, content_hash, state, run_id)
     SELECT i, iif(i % 2, 'sync.crm', 'sync.other'), '[' || i || ']', '', 'failed', 1 FROM n`,
  );
  const ids = new LedgerReader(db, "sync.crm").each().map(({ id }) => id).toArray();
  assert.deepEqual(ids, Array.from({ length: 2_500 }, (_, index) => 2 * index + 1));
});
