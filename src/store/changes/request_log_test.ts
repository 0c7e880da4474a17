import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { recordStep, startRun } from "~/store/runs.ts";
import { MIGRATIONS } from "~/store/schema.ts";
import { inTransaction } from "~/warehouse/transaction.ts";
import { keyNameOf, requestsOf } from "./group_story.ts";
import { RequestLog, type RequestRecord, usualRequestMs } from "./request_log.ts";

const KEY = "00ff7a4653a61a24007ed603ccd49331";

function state(): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  startRun(db, "spoor run", "0.1.0", "2026-01-01T00:00:00.500Z");
  return db;
}

function record(more: Partial<RequestRecord> = {}): RequestRecord {
  return {
    at: "2026-01-01T00:00:00.000Z",
    method: "POST",
    url: "https://crm.example/",
    status: 201,
    attempts: 1,
    elapsedMs: 1.2,
    idempotencyKey: KEY,
    subject: 7,
    request: `{"n":1}`,
    response: "{}",
    ...more,
  };
}

function viewOf(db: DatabaseSync): Record<string, unknown>[] {
  return db.prepare(`SELECT * FROM "spoor.requests" ORDER BY id`).all();
}

const RECORDS: readonly Partial<RequestRecord>[] = [
  {},
  { keyName: "sync.old" },
  { subject: undefined, method: "GET", idempotencyKey: "" },
  { status: undefined, error: "timed out", attempts: 3 },
  { url: "https://crm.example/people/7?x=1", elapsedMs: 253.14, at: "2027-01-01T00:00:00.007Z" },
  { idempotencyKey: "none of ours" },
];

Deno.test("RequestLog writes what the view gives back", () => {
  using db = state();
  const log = new RequestLog(db, 1, "sync.crm");
  const sent = [...RECORDS, ...RECORDS].map(record);
  for (const each of sent) log.write(each);

  const rows = sent.map(({ idempotencyKey, elapsedMs, subject, status, error, ...more }, i) => {
    const { request: _request, response: _response, keyName: _keyName, ...rest } = more;
    return {
      ...rest,
      id: i + 1,
      run_id: 1,
      model: "sync.crm",
      status: status ?? null,
      error: error ?? null,
      change_id: subject ?? null,
      elapsed_ms: Math.round(elapsedMs * 10) / 10,
      idempotency_key: idempotencyKey || null,
    };
  });
  assert.deepEqual(viewOf(db).map((row) => ({ ...row })), rows);
  assert.equal(db.prepare(`SELECT count(*) AS n FROM "spoor.request_kinds"`).get()?.n, 5);
});

Deno.test("a key that can be made of its change goes with the bodies, and its name stays", () => {
  using db = state();
  const log = new RequestLog(db, 1, "sync.crm");
  log.write(record({ keyName: "sync.old" }));
  log.write(record());
  db.exec(`DELETE FROM "spoor.request_bodies"`);

  const requests = requestsOf(db, 7, 1, 9);
  assert.deepEqual(requests.map((each) => each.idempotency_key), [null, KEY]);
  assert.deepEqual(requests.map((each) => keyNameOf(db, each.id)), ["sync.old", undefined]);
});

Deno.test("a kind that was rolled back is not taken for another one", () => {
  using db = state();
  const log = new RequestLog(db, 1, "sync.crm");
  assert.throws(() =>
    inTransaction(db, () => {
      log.write(record({ method: "PUT" }));
      throw new Error("the disk is full");
    })
  );
  log.write(record({ method: "POST" }));
  log.write(record({ method: "PUT" }));

  assert.deepEqual(viewOf(db).map(({ method }) => method), ["POST", "PUT"]);
});

Deno.test("usualRequestMs() is of the model's last run with requests, be there others after it", () => {
  using db = state();
  const step = { kind: "tracked", status: "ok", reason: "", elapsedMs: 1 };
  const requests = { sent: 1, accepted: 1, refused: 0, retries: 0 };
  for (const [runId, model, ms] of [[1, "a.b", 1], [2, "a.b", 5], [2, "a.c", 7], [3, "a.c", 9]]) {
    const log = new RequestLog(db, Number(runId), String(model));
    log.write(record({ elapsedMs: Number(ms) }));
    log.write(record({ elapsedMs: 1_000, status: undefined }));
    log.write(record({ elapsedMs: 1_000, attempts: 2 }));
    recordStep(db, { ...step, runId: Number(runId), model: String(model), requests });
  }

  assert.deepEqual(["a.b", "a.c", "a.d"].map((model) => usualRequestMs(db, model)), [
    5,
    9,
    undefined,
  ]);
});
