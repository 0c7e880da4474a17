/**
 * The record grows with every request ever made, so nothing that reads it may look through all of it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { modelsInHistory, recentRuns, recentSteps } from "~/store/history.ts";
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
