// deno-lint-ignore-file camelcase -- columns, as SQL gives them.
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { startRun } from "~/store/runs.ts";
import { MIGRATIONS } from "~/store/schema.ts";
import { inTransaction } from "~/warehouse/transaction.ts";
import { DeliveryLog, type DeliveryRecord } from "./delivery_log.ts";
import { deliveriesOf } from "./group_story.ts";

const HASH = "1:00ff7a4653a61a24007ed603ccd49331";

function state(): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  startRun(db, "spoor run", "0.1.0", "2026-01-01T00:00:00.500Z");
  return db;
}

function record(more: Partial<DeliveryRecord> = {}): DeliveryRecord {
  return {
    groupKey: "[1]",
    changeId: 7,
    batch: 0,
    action: "create",
    state: "accepted",
    at: "2026-01-01T00:00:01.234Z",
    contentHash: HASH,
    ...more,
  };
}

const viewOf = (db: DatabaseSync) =>
  db.prepare(`SELECT * FROM "spoor.deliveries"`).all().map((row) => ({ ...row }));

const RECORDS: readonly Partial<DeliveryRecord>[] = [
  {},
  { action: "update", changed: `{"a":[1,2]}`, batch: 9 },
  { action: "remove", state: "rejected", error: "no" },
  { state: "failed", at: "2025-12-31T23:59:59.001Z" },
  { state: "unknown", at: "2026-03-01T00:00:00.000Z" },
  { groupKey: "*", changeId: 0, state: "adopted", contentHash: "" },
  { state: "settled", contentHash: "1:x" },
  { state: "retried", contentHash: "2:00ff7a4653a61a24007ed603ccd49331" },
  { contentHash: "1:no hash, and as long as one is...." },
];

for (const [i, more] of RECORDS.entries()) {
  Deno.test(`DeliveryLog writes what the view gives back: ${JSON.stringify(more)}`, () => {
    using db = state();
    // A run that is not on record, too.
    const runId = i % 2 ? 1 : 99;
    new DeliveryLog(db, runId, "sync.crm").write(record(more));

    const { groupKey, changeId, contentHash, changed = null, error = null, ...rest } = record(more);
    const row = {
      ...rest,
      run_id: runId,
      group_key: groupKey,
      change_id: changeId,
      changed,
      error,
      content_hash: contentHash,
    };
    assert.deepEqual(viewOf(db), [{ ...row, model: "sync.crm" }]);
    assert.deepEqual(deliveriesOf(db, "sync.crm", "[1]", 9), [row]);
  });
}

Deno.test("a group's records of one run keep their order, whatever the clock does", () => {
  using db = state();
  const log = new DeliveryLog(db, 1, "sync.crm");
  log.write(record({ state: "unknown", at: "2026-01-01T00:00:09.000Z" }));
  log.write(record({ state: "failed", at: "2026-01-01T00:00:02.000Z" }));
  new DeliveryLog(db, 1, "sync.crm").write(record({ state: "retried" }));

  const states = deliveriesOf(db, "sync.crm", "[1]", 9).map((row) => row.state);
  assert.deepEqual(states, ["retried", "failed", "unknown"]);
  assert.deepEqual(deliveriesOf(db, "sync.crm", "[1]", 1).map((row) => row.state), ["retried"]);
});

Deno.test("a model's number that was rolled back is not taken for another model's", () => {
  using db = state();
  const first = new DeliveryLog(db, 1, "sync.first");
  const second = new DeliveryLog(db, 1, "sync.second");
  assert.throws(() =>
    inTransaction(db, () => {
      first.write(record());
      throw new Error("the disk is full");
    })
  );
  second.write(record());
  first.write(record());

  assert.deepEqual(viewOf(db).map(({ model }) => model).sort(), ["sync.first", "sync.second"]);
});

Deno.test("a model that took over another one's name has the records of both", () => {
  using db = state();
  new DeliveryLog(db, 1, "sync.old").write(record({ state: "failed" }));
  new DeliveryLog(db, 2, "sync.new").write(record());
  db.exec(`UPDATE "spoor.model_names" SET model = 'sync.new'`);
  new DeliveryLog(db, 3, "sync.new").write(record({ state: "rejected" }));

  const told = deliveriesOf(db, "sync.new", "[1]", 9).map((row) => row.state);
  assert.deepEqual(told, ["rejected", "accepted", "failed"]);
  assert.deepEqual(viewOf(db).map(({ model }) => model), ["sync.new", "sync.new", "sync.new"]);
});

Deno.test("groups that end together keep the content hash of each", () => {
  using db = state();
  const other = HASH.replace("00ff", "ff00");
  const tries = [record(), record({ groupKey: "[2]", contentHash: other })];
  new DeliveryLog(db, 1, "sync.crm").writeAll(tries, record());

  assert.deepEqual(viewOf(db).map((row) => row.content_hash), [HASH, other]);
});
