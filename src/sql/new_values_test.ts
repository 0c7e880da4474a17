import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { findNewValue } from "./new_values.ts";

/** What is found in a query, as the text from there on; SQLite has to accept it. */
function found(sql: string): string | undefined {
  using db = new DatabaseSync(":memory:");
  db.exec("CREATE TABLE t (id, until)");
  db.prepare(sql);
  const value = findNewValue(sql);
  return value && `${value.is}: ${sql.slice(value.offset)}`;
}

const ANOTHER_EACH_TIME: Readonly<Record<string, string>> = {
  "SELECT id, current_timestamp AS synced_at FROM t": "time: current_timestamp AS synced_at FROM t",
  "SELECT date('now'), datetime('now') FROM t": "time: datetime('now') FROM t",
  "SELECT 'x' || strftime('%H', 'now')": "time: strftime('%H', 'now')",
  "SELECT max(until, unixepoch()) FROM t": "time: unixepoch()) FROM t",
  "SELECT julianday('now') - until FROM t": "time: julianday('now') - until FROM t",
  "SELECT CASE WHEN until > 1 THEN CURRENT_TIME END FROM t": "time: CURRENT_TIME END FROM t",
  "SELECT (SELECT datetime()) AS at": "time: datetime()) AS at",
  "SELECT 1 UNION ALL SELECT datetime()": "time: datetime()",
  "WITH a AS (SELECT 1) SELECT current_timestamp FROM a": "time: current_timestamp FROM a",
  "SELECT id, random() % 10 = 1 FROM t ORDER BY random()":
    "random: random() % 10 = 1 FROM t ORDER BY random()",
  "SELECT hex(RandomBlob(4)) FROM t": "random: RandomBlob(4)) FROM t",
};

/** Rows need not differ by these, or do once a day. */
const NOT_SURELY: readonly string[] = [
  "SELECT id FROM t WHERE until > current_timestamp",
  "SELECT id, date('now'), CURRENT_DATE, strftime('%Y-%m', 'now') FROM t",
  "SELECT date(datetime('now')) FROM t",
  "SELECT datetime('now', 'start of day') FROM t",
  "SELECT until < datetime('now') AS is_over FROM t",
  "SELECT iif(until < datetime('now'), 1, 0) FROM t",
  "SELECT julianday('now') - julianday(until) > 30 FROM t",
  "SELECT CASE WHEN until < datetime() THEN 1 ELSE 0 END FROM t",
  "SELECT CAST(julianday('now') - julianday(until) AS INTEGER) FROM t",
  "SELECT (unixepoch() - until) / 86400 FROM t",
  "SELECT coalesce(until, current_timestamp), ifnull(until, datetime()) FROM t",
  "SELECT format('%d', julianday('now') - until), sign(unixepoch() - until) FROM t",
  "SELECT until IN (SELECT datetime()), datetime() IN (until) FROM t",
  "SELECT id FROM t ORDER BY random()",
  "SELECT id FROM t WHERE random() > 0 LIMIT 1",
  "WITH now AS (SELECT datetime() AS at) SELECT id FROM t, now WHERE until < at",
  "SELECT id FROM t, (SELECT datetime() AS at) WHERE until < at",
  "SELECT count(*) FILTER (WHERE until > datetime()) FROM t",
  "SELECT row_number() OVER (ORDER BY random()) FROM t",
  "SELECT id AS random, 'random()', 1 /* current_timestamp */ FROM t GROUP BY datetime()",
];

Deno.test("findNewValue() finds what makes each row another one whenever it is read", () => {
  for (const [sql, text] of Object.entries(ANOTHER_EACH_TIME)) assert.equal(found(sql), text, sql);
});

Deno.test("findNewValue() takes nothing else for it", () => {
  for (const sql of NOT_SURELY) assert.equal(found(sql), undefined, sql);
});

Deno.test("findNewValue() reads what is nested deeply, or not closed", () => {
  const deep = 10_000;
  const nested = `SELECT ${"(".repeat(deep)}random()${")".repeat(deep)}`;
  assert.deepEqual(findNewValue(nested), { offset: 7 + deep, is: "random" });
  for (const sql of [") , ) random()", `SELECT ${"random(".repeat(deep)}`]) findNewValue(sql);
});
