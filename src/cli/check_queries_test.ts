import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { renderLocation } from "~/base/user_error.ts";
import type { Model } from "~/model/model.ts";
import { MIGRATIONS } from "~/store/schema.ts";
import { checkQueries } from "./check_queries.ts";

function model(name: string, sql: string | undefined, reads: string[] = []): Model {
  return {
    name,
    language: sql === undefined ? "ts" : "sql",
    path: `models/${name.replace(".", "/")}.${sql === undefined ? "ts" : "sql"}`,
    kind: "table",
    directives: {},
    directiveLines: {},
    references: reads.map((table) => ({ table, at: { path: "" } })),
    fingerprint: `of ${name}`,
    ...(sql !== undefined && { sql, sqlLine: 3 }),
  };
}

/** A state in which `raw.a` has two columns; its model was of this fingerprint. */
function stateWith(fingerprint: string): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  db.exec(`CREATE TABLE "raw.a" (id, email)`);
  db.prepare(`INSERT INTO "spoor.models" VALUES ('raw.a', 'table', ?, '{}', 1, 1, 0, 1)`)
    .run(fingerprint);
  return db;
}

function check(models: readonly Model[], state?: DatabaseSync): string[] {
  return checkQueries(models, state).map(({ message, at }) =>
    `${message} at ${at ? renderLocation(at) : "?"}`
  );
}

const RAW = model("raw.a", undefined);

Deno.test("a wrong column of a SQL model above is found before anything runs", () => {
  const a = model("mart.a", "SELECT 1 AS id");
  const b = model("mart.b", "SELECT id,\n  nme\nFROM mart.a", ["mart.a"]);
  assert.deepEqual(check([a, b]), [
    "Cannot run mart.b: no such column: nme at models/mart/b.sql:4",
  ]);
});

Deno.test("below a TypeScript model that has not run, only the syntax is checked", () => {
  assert.deepEqual(check([RAW, model("mart.b", "SELECT nme FROM raw.a", ["raw.a"])]), []);
  assert.match(
    check([RAW, model("mart.c", "SELECT id FORM raw.a", ["raw.a"])]).join(),
    /syntax error at models\/mart\/c\.sql:3/,
  );
});

Deno.test("a TypeScript model's columns are those of its last run, unless it was edited", () => {
  const reader = model("mart.b", "SELECT nme FROM raw.a", ["raw.a"]);
  using same = stateWith("of raw.a");
  const [error] = checkQueries([RAW, reader], same);
  assert.match(error?.message ?? "", /no such column: nme/);
  assert.match(error?.hint ?? "", /The columns of "raw\.a" are those of its last run/);
  using edited = stateWith("of what it was before");
  assert.deepEqual(check([RAW, reader], edited), []);
});

Deno.test("every model with a mistake is told, and those below are not blamed for it", () => {
  const wrong = model("mart.a", "SELECT nosuch(1) AS id");
  const below = model("mart.b", "SELECT id FROM mart.a", ["mart.a"]);
  const other = model("mart.c", "SELECT 1 AS x, 2 AS x");
  assert.equal(check([wrong, below, other]).length, 2);
});

Deno.test("what a query would reach without naming it as a table is told as a run tells it", () => {
  const beyond = [
    "SELECT name FROM pragma_table_info('spoor.models')",
    "SELECT load_extension('x') AS x",
  ].map((sql, i) => model(`mart.m${i}`, sql));
  assert.deepEqual(check(beyond), [
    "Cannot run mart.m0: it reads pragma_table_info, which the model does not declare at models/mart/m0.sql:3",
    "Cannot run mart.m1: it may not use the function load_extension at models/mart/m1.sql:3",
  ]);
});

Deno.test("a table may be named as the file has it, with main before it too", () => {
  const a = model("mart.a", "SELECT 1 AS id");
  const b = model("mart.b", 'SELECT id FROM main."mart.a" UNION SELECT id FROM "mart.a"', [
    "mart.a",
  ]);
  assert.deepEqual(check([a, b]), []);
});

Deno.test("what reads a tracked model of SQL finds its hashes, and keeps none under their name itself", () => {
  const tracked = (name: string, sql: string, reads: string[] = []): Model => ({
    ...model(name, sql, reads),
    kind: "tracked",
    directives: { uniqueKey: ["id"] },
  });
  const a = tracked("mart.a", "SELECT 1 AS id");
  const hashes = model("mart.b", "SELECT id, _content_hash FROM mart.a", ["mart.a"]);
  assert.deepEqual(check([a, hashes]), []);
  assert.deepEqual(check([a, tracked("mart.c", "SELECT * FROM mart.a", ["mart.a"])]), [
    `Cannot save rows of mart.c: "_content_hash" is a column of Spoor's own at models/mart/c.sql:3`,
  ]);
});
