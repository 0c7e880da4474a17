import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { cutOffNote } from "./changes/cut_off.ts";
import { DeliveryLog } from "./changes/delivery_log.ts";
import { startRun } from "./runs.ts";
import { MIGRATIONS } from "./schema.ts";
import { sumsOfDied } from "./sums_of_died.ts";

const AT = "2026-01-01T00:00:00Z";

/** Three runs, of which the first and the second died. */
function state(): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  for (let run = 1; run <= 3; run++) startRun(db, "spoor run", "0.1.0", AT);
  let id = 0;
  const note = (
    run: number,
    state: "accepted" | "rejected" | "failed" | "unknown",
    error?: string,
  ) =>
    new DeliveryLog(db, run, "sync.crm").write({
      groupKey: `[${++id}]`,
      changeId: id,
      batch: 0,
      action: "create",
      contentHash: "",
      state,
      at: AT,
      error,
    });
  for (const state of ["accepted", "accepted", "rejected", "failed", "unknown"] as const) {
    note(1, state);
  }
  note(2, "unknown", cutOffNote(1));
  note(2, "accepted");
  note(3, "unknown", cutOffNote(2));
  note(3, "accepted");
  return db;
}

Deno.test("sumsOfDied() adds up what a run has noted, and what a later one has noted of it", () => {
  using db = state();
  assert.deepEqual([...sumsOfDied(db, "sync.crm", [1, 2])], [
    [1, {
      groups_saved: 2,
      groups_rejected: 1,
      groups_failed: 1,
      groups_unknown: 2,
      groups_left: null,
    }],
    [2, {
      groups_saved: 1,
      groups_rejected: 0,
      groups_failed: 0,
      groups_unknown: 1,
      groups_left: null,
    }],
  ]);
});

Deno.test("sumsOfDied() knows what was out, and what was left, until a later run has looked", () => {
  using db = state();
  db.exec(`
    INSERT INTO "spoor.ledger" (id, model, group_key, content_hash, state, batch, attempts, run_id, parked, action, moved)
      VALUES (90, 'sync.crm', '[90]', '', 'sent', 0, 1, 2, 0, 'create', 1);
    INSERT INTO "spoor.pending" VALUES ('sync.crm', 5, 2, 'create', '[91]'), ('sync.crm', 6, 2, 'create', '[92]');
  `);
  const { groups_unknown, groups_left, groups_delivered } =
    sumsOfDied(db, "sync.crm", [2]).get(2) ??
      {};
  assert.deepEqual([groups_unknown, groups_left, groups_delivered], [2, 2, 5]);
});

Deno.test("sumsOfDied() reads no record that is long", () => {
  using db = state();
  assert.equal(sumsOfDied(db, "sync.crm", [1], 9).size, 1);
  assert.equal(sumsOfDied(db, "sync.crm", [1], 8).size, 0);
});
