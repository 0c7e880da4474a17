/**
 * Mistakes in what models read: cycles, tables that are not there, SQL that is not one SELECT.
 *
 * @module
 */
import assert from "node:assert/strict";
import { assertExplained, type Mistake, testMistakes } from "../support/mistake.ts";
import { tempProject } from "../support/temp_project.ts";

/** A SQL model that is a mistake, at this line. */
function sql(name: string, text: string, says: Mistake["says"], line: number): Mistake {
  return { name, files: { "models/a/b.sql": text }, says, at: `models/a/b.sql:${line}` };
}

testMistakes([
  {
    name: "a cycle",
    files: {
      "models/a/one.sql": "SELECT * FROM a.three",
      "models/a/two.sql": "SELECT * FROM a.one",
      "models/a/three.sql": "SELECT * FROM a.two",
    },
    says: [/cycle/i, "a.one", "a.two", "a.three", "→"],
  },
  {
    name: "a model that reads itself",
    files: { "models/a/one.sql": "SELECT * FROM a.one" },
    says: [/cycle|itself/i, "a.one"],
    at: "models/a/one.sql:1",
  },
  {
    name: "a table that nothing makes",
    files: {
      "models/mart/customers.sql": "SELECT 1 AS id",
      "models/mart/totals.sql": "-- Totals.\nSELECT *\nFROM mart.custmers\n",
    },
    says: ["mart.custmers"],
    at: "models/mart/totals.sql:3",
    hint: /"?mart\.customers"?/,
  },
  {
    name: "a table that nothing makes, in TypeScript",
    files: {
      "models/mart/customers.sql": "SELECT 1 AS id",
      "models/sync/crm.ts": `
        // @kind: tracked
        // @unique_key: id
        import { query, save } from "spoor";
        const rows = query(\`
          SELECT id
          FROM mart.custmers
        \`);
        for await (const row of rows) await save.row(row);
      `,
    },
    says: ["mart.custmers"],
    at: "models/sync/crm.ts:6",
    hint: /"?mart\.customers"?/,
  },
  {
    name: "a query that cannot be read statically",
    files: {
      "models/a/b.ts": `
        // @kind: table
        import { env, query, save } from "spoor";
        const sql = "SELECT 1 AS id" + String(1);
        await save.rows(await query(sql));
      `,
    },
    says: ["models/a/b.ts"],
    at: "models/a/b.ts:4",
    hint: /@depends_on/,
  },
  sql("a model without a statement", "-- Nothing yet.\n", [/Cannot/], 1),
  sql("a model with two statements", "SELECT 1 AS id;\nSELECT 2 AS id\n", [
    /one SELECT|second|statement/i,
  ], 2),
  sql("a model that inserts", "INSERT INTO x VALUES (1)", [/SELECT/, /INSERT/], 1),
  sql("a model that inserts behind a CTE", "WITH a AS (SELECT 1)\nINSERT INTO x SELECT * FROM a", [
    /INSERT/,
  ], 2),
  sql("a model that drops", "-- Now.\nDROP TABLE x", [/DROP/], 2),
  sql("a model that attaches", "ATTACH 'x.db' AS x", [/ATTACH/], 1),
  sql("a model that sets a pragma", "PRAGMA journal_mode = OFF", [/PRAGMA/], 1),
  sql("a syntax error", "-- A model.\nSELECT id,\n  FROM\n  WHERE x\n", [/syntax error/], 3),
  sql("a text without its end", "SELECT 'abc\n", [/Cannot/], 1),
  sql("a comment without its end", "SELECT 1 AS id /* abc\n", [/Cannot/], 1),
  sql("a parameter that does not exist", "SELECT :since AS id", [/since/], 1),
  {
    name: "a column that is not there",
    files: {
      "models/a/one.sql": "SELECT 1 AS id",
      "models/a/two.sql": "SELECT id,\n  nmae\nFROM a.one",
    },
    command: "run",
    says: [/nmae/, /models\/a\/two\.sql/],
  },
  {
    name: "a column name that comes twice",
    files: { "models/a/one.sql": "SELECT 1 AS id, 2 AS id" },
    command: "run",
    says: [/"id"/, /models\/a\/one\.sql/],
  },
]);

Deno.test("what stands below a failed model is blocked, and nothing else", async () => {
  await using project = await tempProject({
    "models/a/bad.ts": `// @kind: table\nthrow new Error("no luck today");\n`,
    "models/a/below.sql": "SELECT * FROM a.bad",
    "models/a/further.sql": "SELECT * FROM a.below",
    "models/a/beside.sql": "SELECT 1 AS id",
  });

  const result = await project.run("run");

  assertExplained(result, {
    says: ["no luck today", "blocked"],
    at: "models/a/bad.ts:2",
    isTheirs: true,
  });
  assert.deepEqual(project.rows("a.beside"), [{ id: 1 }]);
  const steps = project.rows(`SELECT model, status FROM "spoor.steps" ORDER BY model`);
  assert.deepEqual(steps, [
    { model: "a.bad", status: "failed" },
    { model: "a.below", status: "blocked" },
    { model: "a.beside", status: "ok" },
    { model: "a.further", status: "blocked" },
  ]);
});

Deno.test("a model that fails keeps the rows that it had", async () => {
  await using project = await tempProject({
    "models/a/b.ts": `
      // @kind: table
      import { save } from "spoor";
      await save.row({ id: 1 });
    `,
  });
  assert.equal((await project.run("run")).code, 0);

  await project.write(
    "models/a/b.ts",
    `
      // @kind: table
      import { save } from "spoor";
      await save.row({ id: 2 });
      throw new Error("half way");
    `,
  );
  const result = await project.run("run");

  assertExplained(result, { says: ["half way"], at: "models/a/b.ts:4", isTheirs: true });
  assert.deepEqual(project.rows("a.b"), [{ id: 1 }]);
});
