/**
 * Mistakes in the SQL of TypeScript models: they are told at the line of the file, by `validate` where the tables
 * are known, and by a run.
 *
 * @module
 */
import assert from "node:assert/strict";
import { assertExplained, type Mistake, testMistakes } from "../support/mistake.ts";
import { tempProject } from "../support/temp_project.ts";

const ONE = { "models/a/one.sql": "SELECT 1 AS id, 'x' AS email" };
const HEADER = `// @kind: tracked\n// @unique_key: id\nimport { query } from "spoor";\n\n`;

/** A mistake that a run finds: the columns of what it reads are not known before. */
function atRun(name: string, text: string, line: number, more: Partial<Mistake> = {}): Mistake {
  return {
    name,
    files: {
      "models/a/one.ts":
        `// @kind: table\nimport { save } from "spoor";\nawait save.row({ id: 1 });\n`,
      "models/a/b.ts": text,
    },
    command: "run",
    says: ["no such column: nope"],
    at: `models/a/b.ts:${line}`,
    ...more,
  };
}

testMistakes([
  {
    name: "a wrong column in a query of a TypeScript model",
    files: {
      ...ONE,
      "models/a/b.ts": `${HEADER}await query(\`\n  SELECT\n    id,\n    nope\n  FROM a.one\n\`);\n`,
    },
    says: ["Cannot run a query of a.b: no such column: nope"],
    at: "models/a/b.ts:8",
  },
  {
    name: "a unique key that a query of a TypeScript model does not select",
    files: { ...ONE, "models/a/b.ts": `${HEADER}await query(\n  "SELECT email FROM a.one",\n);\n` },
    says: [`its query does not select the unique key "id"`],
    at: "models/a/b.ts:6",
    hint: /it gives email/,
  },
  {
    name: "a unique key that a tracked SQL model does not select",
    files: { "models/a/b.sql": "-- @kind: tracked\n-- @unique_key: id\nSELECT 1 AS email\n" },
    says: [`its query does not select the unique key "id"`],
    at: "models/a/b.sql:3",
  },
  {
    name: "a wrong column in an imported query",
    files: {
      ...ONE,
      "models/a/b.ts": `// @kind: table\nimport { get } from "../_lib/q.ts";\nawait get();\n`,
      "models/_lib/q.ts":
        `import { query } from "spoor";\nexport async function get(): Promise<unknown> {\n  return await query.all(\n    \`SELECT id,\n      nope\n    FROM a.one\`,\n  );\n}\n`,
    },
    says: ["no such column: nope"],
    at: "models/_lib/q.ts:5",
  },
  {
    name: "a wrong column behind a line end that is written as one",
    files: {
      ...ONE,
      "models/a/b.ts": `${HEADER}await query("SELECT id,\\n nope\\n FROM a.one");\n`,
    },
    says: ["no such column: nope"],
    at: "models/a/b.ts:5",
  },
  {
    name: "a wrong column behind a value of several lines",
    files: {
      ...ONE,
      "models/a/b.ts":
        `${HEADER}await query\`\n  SELECT \${[\n    1,\n  ][0]} AS x, id,\n    nope\n  FROM a.one\`;\n`,
    },
    says: ["no such column: nope"],
    at: "models/a/b.ts:9",
  },
  {
    name: "a parameter without a value",
    files: {
      ...ONE,
      "models/a/b.ts":
        `${HEADER}await query(\n  \`SELECT id FROM a.one\n  WHERE id = ? OR id = ?\`,\n  [1],\n);\n`,
    },
    says: ["Cannot run a query of a.b: it has 2 parameters and was given 1 value"],
    at: "models/a/b.ts:7",
    hint: /one value for each "\?"/,
  },
  {
    name: "a parameter of a call without values",
    files: {
      ...ONE,
      "models/a/b.ts": `${HEADER}await query("SELECT id FROM a.one WHERE id = ?2");\n`,
    },
    says: ["it has 2 parameters and was given no value"],
    at: "models/a/b.ts:5",
  },
  {
    name: "a parameter that has a name",
    files: {
      ...ONE,
      "models/a/b.ts": `${HEADER}await query("SELECT id FROM a.one WHERE id = :id", [1]);\n`,
    },
    says: [`nothing gives a value to the parameter ":id"`],
    at: "models/a/b.ts:5",
    hint: /write "\?" for it/,
  },
  {
    name: "a value in quotes",
    files: {
      ...ONE,
      "models/a/b.ts": `${HEADER}await query\`SELECT id FROM a.one WHERE email = '\${"x"}'\`;\n`,
    },
    says: ["it has no parameter and was given 1 value"],
    at: "models/a/b.ts:5",
    hint: /no quotes/,
  },
  atRun(
    "a parameter without a value that a run finds",
    `${HEADER}const ids: number[] = [1];\nawait query("SELECT id FROM a.one WHERE id = ? OR id = ?", ids);\n`,
    6,
    { says: ["it has 2 parameters and was given 1 value"] },
  ),
  atRun(
    "a parameter of query.all that has a name",
    `${HEADER}const none: number[] = [];\nawait query.all("SELECT id FROM a.one WHERE id = $id", none);\n`,
    6,
    { says: [`nothing gives a value to the parameter "$id"`] },
  ),
  atRun(
    "a parameter that is undefined",
    `${HEADER}const none: number[] = [];\nawait query\`SELECT id FROM a.one WHERE id = \${none[0]}\`;\n`,
    6,
    { says: ["Cannot run the query: its parameter 1 is undefined"], hint: /null for no value/ },
  ),
  atRun(
    "a wrong column that a run finds",
    `${HEADER}await query(\`\n  SELECT id,\n    nope\n  FROM a.one\n\`);\n`,
    7,
  ),
  atRun(
    "a wrong column in SQL that is put together",
    `// @depends_on: a.one\n${HEADER}const from: string = "\\n FROM a.one";\nawait query("SELECT id,\\n nope" + from);\n`,
    7,
  ),
  atRun(
    "a wrong column in one of two queries of one text",
    `// @kind: table\nimport { query } from "spoor";\nif (Date.now() < 0) await query("SELECT nope FROM a.one");\n\nawait query("SELECT nope FROM a.one");\n`,
    5,
  ),
  atRun(
    "a wrong column in SQL that an imported file puts together",
    `// @kind: table\n// @depends_on: a.one\nimport { get } from "../_lib/q.ts";\nawait get("nope");\n`,
    0,
    {
      files: {
        "models/a/one.ts":
          `// @kind: table\nimport { save } from "spoor";\nawait save.row({ id: 1 });\n`,
        "models/a/b.ts":
          `// @kind: table\n// @depends_on: a.one\nimport { get } from "../_lib/q.ts";\nawait get("nope");\n`,
        "models/_lib/q.ts":
          `import { query } from "spoor";\n\nexport async function get(column: string): Promise<unknown> {\n  return await query("SELECT " + column + " FROM a.one");\n}\n`,
      },
      at: "models/_lib/q.ts:4",
    },
  ),
]);

Deno.test("validate does not judge a query of a TypeScript model whose tables it does not know", async () => {
  await using project = await tempProject({
    "models/a/one.ts": `
      // @kind: table
      import { save } from "spoor";
      await save.row({ id: 1 });
    `,
    "models/a/b.ts":
      `${HEADER}await query("SELECT nope FROM a.one WHERE id > ?", [0]).each(() => {});\n`,
  });

  assert.equal((await project.run("validate")).code, 0);
  await project.run("run a.one");

  assertExplained(await project.run("validate"), {
    says: ["no such column: nope"],
    at: "models/a/b.ts:5",
    hint: /"a.one" are those of its last run/,
  });
});
