import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { findSqlErrorOffset } from "./sql_error_offset.ts";

/** The text from the place of the mistake on. */
function mistake(sql: string): string | undefined {
  using database = new DatabaseSync(":memory:");
  database.exec(`CREATE TABLE "mart.t" (a, b); CREATE TABLE u (a)`);
  const errorOf = (text: string) => {
    try {
      database.prepare(text);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
  const message = errorOf(sql);
  assert.ok(message, "SQLite takes the query");
  const offset = findSqlErrorOffset(sql, message, errorOf);
  return offset === undefined ? undefined : sql.slice(offset);
}

const MISTAKES: Record<string, string> = {
  "SELECT a FORM u WHERE a": "u WHERE a",
  "SELECT a, FROM u, u": "FROM u, u",
  "SELECT a, a, a FROM u WHERE a = 1,, 2": ",, 2",
  "SELECT ',', a /* , */ FROM u GROUP a, a": "a, a",
  "SELECT a FROM u WHERE": "",
  "SELECT a FROM u WHERE a = 12ab": "12ab",
  "SELECT a FROM u WHERE a ! 1": "! 1",
  "SELECT a FROM u WHERE a = 'x": "'x",
  "SELECT 'nope', nope FROM u": "nope FROM u",
  "SELECT u.a, u.nope, nope FROM u": "u.nope, nope FROM u",
  'SELECT [u] . "nope" FROM u': '[u] . "nope" FROM u',
  "SELECT a FROM nope": "nope",
  'SELECT a FROM "mart.nope"': '"mart.nope"',
  "SELECT nope(a) FROM u": "nope(a) FROM u",
  "SELECT upper(a, 1) FROM u": "upper(a, 1) FROM u",
  'SELECT a FROM u JOIN "mart.t"': 'a FROM u JOIN "mart.t"',
  "SELECT a FROM u WHERE sum(a) > 1": "sum(a) > 1",
  'SELECT a FROM u WHERE a = "paid"': '"paid"',
  "WITH x(a, b) AS (SELECT 1) SELECT * FROM x": "x(a, b) AS (SELECT 1) SELECT * FROM x",
  "WITH x AS (SELECT * FROM x) SELECT 1 FROM x": "x AS (SELECT * FROM x) SELECT 1 FROM x",
};

for (const [sql, from] of Object.entries(MISTAKES)) {
  Deno.test(`findSqlErrorOffset() finds the mistake in ${sql}`, () => {
    assert.equal(mistake(sql), from);
  });
}

Deno.test("findSqlErrorOffset() gives nothing for a message without a place", () => {
  assert.equal(mistake('SELECT (SELECT a, b FROM "mart.t")'), undefined);
});

Deno.test("findSqlErrorOffset() needs few tries in a long text", () => {
  const sql = "SELECT 1" + ", 1".repeat(20_000) + ",, 1" + ", 1".repeat(20_000);
  let tries = 0;
  const offset = findSqlErrorOffset(sql, `near ",": syntax error`, (text) => {
    tries++;
    return text.includes(",,") ? `near ",": syntax error` : "incomplete input";
  });
  assert.equal(offset, sql.indexOf(",,") + 1);
  assert.ok(tries < 20);
});
