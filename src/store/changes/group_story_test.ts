/**
 * The record grows with every request ever made, so nothing that reads it may look through all of it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { modelsInHistory, recentRuns, recentSteps } from "~/store/history.ts";
import { startRun } from "~/store/runs.ts";
import { MIGRATIONS } from "~/store/schema.ts";
import { batchesBefore } from "./batch_parts.ts";
import { failedModels } from "./failing_changes.ts";
import {
  deliveriesOf,
  keysAround,
  lastRequestOf,
  ledgerRowOf,
  requestsOf,
  startOf,
  stepsOf,
} from "./group_story.ts";
import { OpenRequests, recordDeadRequests } from "./open_requests.ts";
import { RequestLog } from "./request_log.ts";

/** How SQLite answers each statement that is prepared while `read` runs. */
function plansOf(read: (db: DatabaseSync) => unknown): string[] {
  using db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  const prepared: string[] = [];
  const watched = new Proxy(db, {
    get: (_, name) => {
      if (name !== "prepare") return Reflect.get(db, name);
      return (sql: string) => {
        prepared.push(sql);
        return db.prepare(sql);
      };
    },
  });
  read(watched);
  assert.ok(prepared.length > 0);
  return prepared.flatMap((sql) =>
    db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...Array(sql.split("?").length - 1).fill(1n))
      .map(({ detail }) => String(detail))
  );
}

const READS: Readonly<Record<string, (db: DatabaseSync) => unknown>> = {
  deliveriesOf: (db) => deliveriesOf(db, "a.b", "[1]", 10),
  keysAround: (db) => keysAround(db, "a.b", "[1]", 10),
  ledgerRowOf: (db) => ledgerRowOf(db, "a.b", "[1]"),
  batchesBefore: (db) => batchesBefore(db, -2, 1),
  requestsOf: (db) => requestsOf(db, 1, 1, 10),
  lastRequestOf: (db) => lastRequestOf(db, 1),
  stepsOf: (db) => [...stepsOf(db, "a.b")],
  startOf: (db) => startOf(db, 1),
  failedModels: (db) => failedModels(db, ["a.b"]),
  recentSteps: (db) => recentSteps(db, "a.b", 10),
  recentRuns: (db) => recentRuns(db, 10),
  modelsInHistory: (db) => modelsInHistory(db),
};

for (const [name, read] of Object.entries(READS)) {
  Deno.test(`${name}() reads the record by an index`, () => {
    const scans = plansOf(read).filter((detail) =>
      // The newest runs, by their rowid, up to the limit; what is out; and names that a recursion found.
      /^SCAN|TEMP B-TREE FOR ORDER/.test(detail) &&
      !/^SCAN (spoor\.runs|spoor\.open_requests|runs|names|CONSTANT ROW|pragma_table_info.*)$/.test(
        detail,
      )
    );
    assert.deepEqual(scans, []);
  });
}

Deno.test("the last request of a change is one that may have arrived, also where its run died; one that did not leave is passed over", () => {
  using db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  const [model, subject] = ["sync.crm", 7];
  const sent = { at: "2026-01-01T00:00:00Z", method: "POST", subject, request: "{}" };
  const note = (runId: number, url: string, attempts: number) =>
    new RequestLog(db, runId, model)
      .write({ ...sent, url, attempts, elapsedMs: 1, idempotencyKey: "", response: "{}" });
  const last = () => lastRequestOf(db, subject)?.url;
  for (const id of [1, 2, 3]) startRun(db, "spoor run", "0.1.0", `2026-01-0${id}T00:00:00Z`);

  note(1, "https://a.example/first", 0);
  assert.equal(last(), "https://a.example/first", "none has left");
  note(1, "https://a.example/refused", 1);
  new OpenRequests(db, 2, model).put(1, {
    ...sent,
    url: "https://a.example/died",
    idempotencyKey: "",
  });
  recordDeadRequests(db);
  assert.equal(last(), "https://a.example/died");
  note(3, "https://a.example/unplanned", 0);
  assert.equal(last(), "https://a.example/died");
});
