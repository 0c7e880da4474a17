import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { startRun } from "~/store/runs.ts";
import { MIGRATIONS } from "~/store/schema.ts";
import {
  keepLedgerIds,
  LedgerReader,
  nextLedgerId,
  noteLeavesMark,
  renewLedgerIds,
} from "./ledger.ts";

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

Deno.test("renewLedgerIds() gives no id that a lost state file may have given, and what was refused another one", () => {
  using db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  const at = "2026-01-01T00:00:00.000Z";
  renewLedgerIds(db, at);
  assert.equal(nextLedgerId(db), 1, "no run has sent anything before");

  // A run that had nothing to send: what came after it is not in this file.
  startRun(db, "spoor run", "test", at);
  renewLedgerIds(db, "2025-12-31T00:00:00.000Z");
  renewLedgerIds(db, at);
  const begin = Date.parse(at) % 2 ** 30;
  assert.equal(nextLedgerId(db), begin + 1, "none was given meanwhile");
  keepLedgerIds(db, begin + 1);
  const renewed = Date.parse(at);

  db.exec(
    `INSERT INTO "spoor.ledger" (id, model, group_key, content_hash, state, batch, run_id) VALUES
       (3, 'sync.crm', '[3]', '', 'failed', -1, 1), (4, 'sync.crm', '[4]', '', 'unknown', 0, 1),
       (5, 'sync.crm', '[5]', '', 'rejected', 0, 1), (6, 'sync.crm', '[6]', '', 'failed', 6, 1)`,
  );
  const entries = () =>
    new LedgerReader(db, "sync.crm").each().map(({ groupKey, id, batch }) =>
      [groupKey, id, batch] as const
    ).toArray();
  const before = entries();
  renewLedgerIds(db, at);
  assert.deepEqual(entries(), before, "an earlier version may have left no mark");

  noteLeavesMark(db);
  renewLedgerIds(db, at);
  assert.deepEqual(entries(), [
    // What may have arrived is repeated with its key.
    ["[4]", 4, 0],
    ["[3]", renewed + 1, -1],
    ["[5]", renewed + 2, 0],
    // It goes alone.
    ["[6]", renewed + 3, renewed + 3],
  ]);
  assert.equal(nextLedgerId(db), renewed + 4);
});
