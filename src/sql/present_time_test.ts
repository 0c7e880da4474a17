import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { findPresentTime } from "./present_time.ts";

/** What is found in a SELECT of one expression, as text from there on; SQLite has to accept it. */
function found(expression: string): string | undefined {
  const sql = `SELECT ${expression}`;
  using db = new DatabaseSync(":memory:");
  db.prepare(sql);
  const offset = findPresentTime(sql);
  return offset === undefined ? undefined : sql.slice(offset);
}

const PRESENT = [
  "CURRENT_TIMESTAMP",
  "current_date",
  "Current_Time AS now",
  "date('now')",
  "time('now')",
  "datetime('now', '-1 day')",
  "julianday('now')",
  "unixepoch('now', 'subsec')",
  "unixepoch('subsec')",
  "strftime('%Y', 'now', 'localtime')",
  "timediff('now', '2020-01-01')",
  "timediff('2020-01-01', 'NOW')",
  "date()",
  "time( /* none */ )",
  "datetime()",
  "julianday()",
  "unixepoch()",
  "strftime('%s')",
  "strftime(lower('%S') || '', 'now')",
  "DateTime /* here */ ( ( 'Now' ) )",
  `"date"('now')`,
  "[date]('now')",
];

Deno.test("findPresentTime() finds each form in which a query asks for it", () => {
  for (const expression of PRESENT) assert.equal(found(expression), expression);
  const within: readonly [string, string][] = [
    ["max(1, julianday(date('now'), '+1 day'))", "date('now'), '+1 day'))"],
    ["1 WHERE '2' BETWEEN '1' AND CURRENT_DATE", "CURRENT_DATE"],
    ["1 WHERE '2' LIKE CURRENT_DATE", "CURRENT_DATE"],
    ["1 ORDER BY CURRENT_DATE", "CURRENT_DATE"],
    ["CASE WHEN 1 THEN CURRENT_DATE END", "CURRENT_DATE END"],
    ["date('2020-01-01'), (SELECT date('now'))", "date('now'))"],
  ];
  for (const [expression, text] of within) assert.equal(found(expression), text);
});

Deno.test("findPresentTime() takes nothing else for it", () => {
  for (
    const expression of [
      "'now' AS now",
      "'date()' AS text",
      "1 -- date('now')\n",
      "1 /* CURRENT_TIMESTAMP */",
      "date('2020-01-01')",
      "date('2020-01-01', 'now')",
      "strftime('now', '2020-01-01')",
      "strftime()",
      "timediff('2020-01-01', '2021-01-01')",
      "upper('now'), date('2020-01-01')",
      "date(upper('a'), 'now')",
      "date(x || 'now') FROM (SELECT 1 AS x)",
      "date(now) FROM (SELECT '2020-01-01' AS now)",
      `date("now") FROM (SELECT '2020-01-01' AS now)`,
      "1 AS current_date",
      "1 current_date",
      `x.current_date FROM (SELECT 1 AS "current_date") AS x`,
      `"current_date" FROM (SELECT 1 AS "current_date")`,
      "1 FROM (SELECT 2) current_date",
      "date FROM (SELECT 1 AS date)",
      "date IN ('now') FROM (SELECT 1 AS date)",
      "sum(1) OVER date FROM (SELECT 1) WINDOW date AS (ORDER BY 1)",
      "unixepoch('12:00'), timediff('12:00', '13:00')",
    ]
  ) assert.equal(found(expression), undefined, expression);
  const cte = "WITH current_date AS (SELECT 1 AS x), date(a) AS (SELECT 2) SELECT * FROM date";
  assert.equal(findPresentTime(cte), undefined);
});

Deno.test("findPresentTime() reads what is nested deeply, or not closed, in one pass", () => {
  const deep = 100_000;
  assert.equal(findPresentTime("SELECT " + "date(".repeat(deep)), undefined);
  assert.equal(findPresentTime(`SELECT date(${"(".repeat(deep)}'now'${")".repeat(deep)})`), 7);
  assert.equal(findPresentTime(") , ) date('now'"), undefined);
});
