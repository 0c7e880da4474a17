/**
 * Mistakes in SQL are told where they stand: the file, and the line of the file.
 *
 * @module
 */
import assert from "node:assert/strict";
import { runSteps } from "../support/run_steps.ts";
import { tempProject } from "../support/temp_project.ts";

/** What is wrong, the SQL with its header, what SQLite says, the line. */
const MISTAKES: readonly [what: string, sql: string, says: RegExp, line: number][] = [
  [
    "a syntax error on line 7",
    "-- @description: x\n\nSELECT\n  id,\n  name\nFROM a.t\nWHERE AND id\n",
    /near "AND": syntax error/,
    7,
  ],
  [
    "an unknown column in a CTE",
    "WITH x AS (\n  SELECT id,\n    nmae\n  FROM a.t\n)\nSELECT * FROM x",
    /no such column: nmae/,
    3,
  ],
  ["an aggregate in WHERE", "SELECT id\nFROM a.t\nWHERE count(*) > 1", /misuse of aggregate/, 3],
  [
    "an unknown function",
    "SELECT\n  id,\n  nofunc(id) AS x\nFROM a.t",
    /no such function: nofunc/,
    3,
  ],
  ["too few arguments", "SELECT id,\n substr() AS x\nFROM a.t", /wrong number of arguments/, 2],
  ["an unknown table alias", "SELECT id,\n\n  q.name\nFROM a.t", /no such column: q\.name/, 3],
  ["an ambiguous column", "SELECT\n  id\nFROM a.t AS x, a.t AS y", /ambiguous column name: id/, 2],
  [
    "an unequal UNION",
    "SELECT id, name FROM a.t\nUNION ALL\nSELECT id FROM a.t",
    /do not have the same number/,
    1,
  ],
  [
    "malformed JSON, found while it computes",
    "-- @tags: a\nSELECT\n json(name) AS j FROM a.t",
    /malformed JSON/,
    2,
  ],
  [
    "an integer overflow, found while it computes",
    "SELECT sum(x) AS s FROM (SELECT 9223372036854775807 AS x UNION ALL SELECT 1)",
    /integer overflow/,
    1,
  ],
  [
    "CRLF line ends",
    "-- @tags: a\r\nSELECT id,\r\n  nmae\r\nFROM a.t\r\n",
    /no such column: nmae/,
    3,
  ],
  [
    "a byte order mark",
    "\uFEFF-- @tags: a\nSELECT id,\n  nmae\nFROM a.t\n",
    /no such column: nmae/,
    3,
  ],
  [
    "a mistake behind quoted names",
    'SELECT id,\n  "na""me" AS x,\n  [nmae] AS y\nFROM "a"."t"',
    /no such column: "na"me"/,
    2,
  ],
];

Deno.test("a mistake in SQL is told at its line", async (t) => {
  await using project = await tempProject({ "models/a/t.sql": "SELECT 1 AS id, 'x' AS name" });
  for (const [index, [, sql]] of MISTAKES.entries()) {
    await Deno.writeTextFile(project.path(`models/a/m${index}.sql`), sql);
  }

  const { steps, code, output } = await runSteps(project);

  assert.equal(code, 1, output);
  for (const [index, [what, , says, line]] of MISTAKES.entries()) {
    await t.step(what, () => {
      const error = steps[`a.m${index}`]?.error;
      assert.match(error?.message ?? output, says);
      assert.match(error?.message ?? "", /^Cannot run a\.m\d+: /);
      assert.deepEqual(error?.at, { path: `models/a/m${index}.sql`, line });
    });
  }
  await t.step("and nothing is left of them in the file", () => {
    assert.deepEqual(
      project.rows("SELECT name FROM sqlite_schema WHERE name LIKE 'a.m%' OR name LIKE '%stage%'"),
      [],
    );
  });
});

Deno.test("a mistake in the SQL of a YAML model is told at its line", async () => {
  await using project = await tempProject({
    "models/a/t.sql": "SELECT 1 AS id",
    "models/a/block.yaml": "kind: table\nsql: |\n  SELECT id,\n    nmae\n  FROM a.t\n",
    "models/a/inline.yaml": "# A model.\nsql: SELECT nmae FROM a.t\n",
  });
  const { steps } = await runSteps(project);
  assert.deepEqual(steps["a.block"]?.error?.at, { path: "models/a/block.yaml", line: 4 });
  assert.deepEqual(steps["a.inline"]?.error?.at, { path: "models/a/inline.yaml", line: 2 });
});

Deno.test("SQL that is fine but looks odd runs", async () => {
  const odd: Record<string, string> = {
    crlf: "-- @tags: a\r\nSELECT 1 AS id\r\nWHERE 1\r\n",
    bom: "\uFEFF-- @tags: a\nSELECT 1 AS id",
    semicolon: "SELECT 1 AS id;\n-- the end\n",
    comments: "/* a; b */ SELECT /* FROM x.y */ 1 -- FROM z.z\n AS id /* open ' quote */",
    values: "VALUES (1)",
    text: "SELECT 'FROM x.y; DROP TABLE z' AS id",
    recursive:
      "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 5)\nSELECT i AS id FROM n",
    shadow: "WITH t AS (SELECT 1 AS id) SELECT * FROM t",
    window:
      "SELECT id, row_number() OVER w AS n, lag(id) OVER w AS l FROM a.t WINDOW w AS (ORDER BY id)",
    json: "SELECT j.key AS id, t.id AS tid, j.value AS v FROM a.t AS t, json_each('[1,2]') AS j",
    tree: "SELECT fullkey AS id FROM json_tree('{\"a\":[1]}')",
    subquery: "SELECT (SELECT max(id) FROM a.t) AS id WHERE EXISTS (SELECT 1 FROM a.t)",
    compound: "SELECT id FROM a.t UNION SELECT 7 EXCEPT SELECT 1 ORDER BY 1",
    quoted: 'SELECT "a.t"."id" AS id FROM "a"."t" AS "a.t"',
    upper: "select ID as id from A.T",
    own: "SELECT count(*) AS id FROM spoor.runs",
    using: "SELECT id FROM a.t JOIN (SELECT 1 AS id) USING (id)",
    collate: "SELECT 'a' COLLATE NOCASE AS id UNION SELECT 'A'",
    limit: "SELECT id FROM a.t ORDER BY id DESC LIMIT 1 OFFSET 0",
  };
  await using project = await tempProject({
    "models/a/t.sql": "SELECT 1 AS id UNION ALL SELECT 2",
  });
  for (const [name, sql] of Object.entries(odd)) {
    await Deno.writeTextFile(project.path(`models/a/${name}.sql`), sql);
  }

  const { steps, code } = await runSteps(project);

  for (const step of Object.values(steps)) assert.equal(step.error, undefined, step.model);
  assert.equal(code, 0);
  assert.deepEqual(project.rows("a.recursive").length, 5);
  assert.deepEqual(project.rows("a.text"), [{ id: "FROM x.y; DROP TABLE z" }]);
  assert.deepEqual(project.rows("a.compound"), [{ id: 2 }, { id: 7 }]);
  const again = await runSteps(project);
  const woken = Object.values(again.steps).filter((step) => step.status !== "skipped");
  assert.deepEqual(woken.map((step) => step.model), ["a.own"]);
});

Deno.test("values survive a table, a TypeScript model and another table", async () => {
  await using project = await tempProject({
    "models/a/odd.sql": `
      SELECT NULL AS "null", '' AS "empty", x'00ff' AS "blob", x'' AS "no bytes",
        9223372036854775807 AS "max int", -9223372036854775808 AS "min int", 9007199254740993 AS big,
        1.5 AS "real", 1e300 AS huge,
        'größe 🎈' AS "größe 🎈", 'quote " and '' in it' AS "odd "" name", 1 AS "a.b", 2 AS "select",
        3 AS "with space", 4 AS "semi;colon", '007' AS "digits", 1 AS "__proto__", 2 AS "constructor"
    `,
    "models/a/copied.ts": `
      import { query, save } from "spoor";
      for await (const row of query("SELECT * FROM a.odd")) await save.row(row);
    `,
    "models/a/again.sql": "SELECT * FROM a.copied",
  });
  const { code, output } = await runSteps(project);
  assert.equal(code, 0, output);
  const columns = project.rows(`SELECT name FROM pragma_table_info('a.odd')`);
  assert.equal(columns.length, 18);
  for (const table of ["a.copied", "a.again"]) {
    const differing = columns.filter(({ name }) => {
      const column = `"${String(name).replaceAll('"', '""')}"`;
      const [row] = project.rows(
        `SELECT a.${column} IS b.${column} AND typeof(a.${column}) = typeof(b.${column}) AS same
         FROM "a.odd" AS a, "${table}" AS b`,
      );
      return row?.["same"] !== 1;
    });
    assert.deepEqual(differing, [], table);
  }
});
