import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { keepOutput } from "~/cli/output/output_fixture.ts";
import { prepareQuery } from "./prepare_query.ts";
import { type Format, writeRows } from "./write_rows.ts";

function database(): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  db.exec(`
    CREATE TABLE "mart.a" (id INTEGER, name TEXT, data);
    INSERT INTO "mart.a" VALUES (1, 'Ada, "the first"', NULL), (9007199254740993, '', x'00ff'),
      (3, 'two' || char(10) || 'lines |' || char(27), 1.5);
  `);
  return db;
}

function query(sql: string, format: Format, limit?: number): string {
  using db = database();
  const { output, stdout } = keepOutput();
  writeRows(prepareQuery(db, sql, [], ""), format, limit, output);
  return stdout();
}

Deno.test("a table is for people: aligned, on one line a row, NULL told from the empty text", () => {
  assert.equal(
    query("mart.a", "table"),
    [
      "              id  name              data",
      `               1  Ada, "the first"  NULL`,
      "9007199254740993                    x'00ff'",
      "               3  two\\nlines |\\x1b  1.5",
      "3 rows",
      "",
    ].join("\n"),
  );
});

Deno.test("a long table is folded, and the rest counted", () => {
  const sql =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500) SELECT * FROM n";
  const lines = query(sql, "table").split("\n");
  assert.equal(lines.length, 1 + 100 + 1 + 1);
  assert.equal(lines.at(-2), "… 1,400 more rows (--all shows them)");
  assert.equal(query(sql, "table", Infinity).split("\n").length, 1_503);
});

Deno.test("csv quotes what it must, and tells NULL from the empty text", () => {
  assert.equal(
    query("mart.a", "csv"),
    `id,name,data\n1,"Ada, ""the first""",\n9007199254740993,"",00ff\n3,"two\nlines |\x1b",1.5\n`,
  );
});

Deno.test("json keeps large integers digit by digit", () => {
  assert.equal(
    query("SELECT id, data FROM mart.a WHERE id > 3", "json"),
    `[\n  {"id":9007199254740993,"data":"00ff"}\n]\n`,
  );
  assert.equal(query("SELECT id FROM mart.a WHERE 0", "json"), "[]\n");
});

Deno.test("two columns of one name stay two, in an object as well", () => {
  assert.equal(query("SELECT 1 AS a, 2 AS a", "csv"), "a,a\n1,2\n");
  assert.equal(
    query("SELECT 1 AS a, 2 AS a", "lines"),
    `{"schema_version":1,"type":"row","row":{"a":1,"a_2":2}}\n`,
  );
});

Deno.test("md escapes what would end a cell", () => {
  assert.equal(
    query("SELECT name FROM mart.a WHERE id = 3", "md"),
    "| name |\n| --- |\n| two\\\\nlines \\|\\\\x1b |\n",
  );
});

Deno.test("md shows a value as it is, and no part of it as Markdown or HTML", () => {
  assert.equal(
    query("SELECT 'a\\|b <script> &lt;' AS \"<b>\"", "md"),
    "| &lt;b> |\n| --- |\n| a\\\\\\|b &lt;script> &amp;lt; |\n",
  );
});

Deno.test("a limit is kept in every format", () => {
  for (const format of ["csv", "lines", "md"] as const) {
    const header = { csv: 1, lines: 0, md: 2 }[format];
    assert.equal(query("mart.a", format, 2).trimEnd().split("\n").length >= header + 2, true);
    assert(!query("mart.a", format, 2).includes("two"));
  }
  assert.equal(query("mart.a", "json", 0), "[]\n");
});

Deno.test("a mistake that SQLite finds while it computes is explained too", () => {
  assert.throws(
    () => query("SELECT json(name) FROM mart.a", "csv"),
    /Cannot run the query: malformed JSON/,
  );
});
