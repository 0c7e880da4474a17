import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { MIGRATIONS } from "~/store/schema.ts";
import { checkState } from "./check_state.ts";

/** What `state check` has to say of the tables of a file with these. */
function findingsOf(sql: string): string[] {
  using db = new DatabaseSync(":memory:");
  for (const migration of MIGRATIONS) db.exec(migration);
  db.exec(`PRAGMA user_version = ${MIGRATIONS.length}; ${sql}`);
  return checkState({ db, isOfProject: () => true }).findings
    .filter(({ check }) => check === "tables")
    .map(({ message }) => message);
}

Deno.test("a table that was made from a tracked one by SELECT * needs no accepted rows", () => {
  const insert = `INSERT INTO "mart.people" VALUES (1, '1:ab')`;
  assert.deepEqual(
    findingsOf(
      `CREATE TABLE "mart.people" AS SELECT 1 AS id, CAST('1:ab' AS TEXT) AS _content_hash`,
    ),
    [],
  );
  assert.deepEqual(
    findingsOf(`CREATE TABLE "mart.people" (id, _content_hash TEXT NOT NULL); ${insert}`),
    ["mart.people has 1 row, and what was accepted of it is gone"],
  );
});
