/**
 * Directives where nothing reads them: to pass over one could send to everybody what was meant to be `tracked`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Mistake, testMistakes } from "../support/mistake.ts";
import { tempProject } from "../support/temp_project.ts";

const CODE =
  `import { http, query } from "spoor";\nfor (const row of await query("SELECT 1 AS id")) ` +
  `await http.post("https://api.example/x", { json: row });\n`;

function unread(name: string, file: string, text: string, line: number, write: RegExp): Mistake {
  return {
    name,
    files: { [file]: text },
    says: ["Cannot read the model header"],
    at: `${file}:${line}`,
    hint: write,
  };
}

function ts(name: string, text: string, line: number, write: RegExp): Mistake {
  return unread(name, "models/sync/a.ts", text, line, write);
}

function sql(name: string, text: string, line: number, write: RegExp): Mistake {
  return unread(name, "models/mart/a.sql", text, line, write);
}

const TRACKED = /"\/\/ @kind: tracked"/;
const VIEW = /"-- @kind: view"/;

testMistakes([
  ts(
    "a header in a block comment",
    `/* @kind: tracked\n * @unique_key: id\n */\n// @allow_net: api.example\n${CODE}`,
    1,
    TRACKED,
  ),
  ts(
    "the second directive of a block comment",
    `// @kind: tracked\n/*\n   @unique_key: id\n */\n${CODE}`,
    3,
    /"\/\/ @unique_key: id"/,
  ),
  ts("a header in a doc comment", `/** * @kind: tracked */\n${CODE}`, 1, TRACKED),
  ts("a header as JSDoc has its tags", `/**\n * @kind tracked\n */\n${CODE}`, 2, TRACKED),
  ts(
    "a header in a block comment behind a directive",
    `/*\n// @kind: tracked\n*/\n${CODE}`,
    2,
    TRACKED,
  ),
  ts("a directive behind three slashes", `/// @kind: tracked\n${CODE}`, 1, TRACKED),
  ts("a directive in a list", `// Sends.\n// - @kind: tracked\n${CODE}`, 2, TRACKED),
  ts("a directive with the sign of SQL", `// -- @kind: tracked\n${CODE}`, 1, TRACKED),
  ts(
    "a directive without its @",
    `// kind: tracked\n// @allow_net: api.example\n${CODE}`,
    1,
    TRACKED,
  ),
  ts(
    "a misspelt directive in a block comment",
    `/* @uniqe_key: id */\n${CODE}`,
    1,
    /"\/\/ @unique_key: id"/,
  ),
  ts(
    "a misspelt directive below the imports",
    `${CODE}// @uniqe_key: id\n`,
    3,
    /"\/\/ @unique_key: id"/,
  ),
  ts(
    "a block comment with directives below the imports",
    `${CODE}/**\n * @kind: tracked\n */\n`,
    4,
    TRACKED,
  ),
  ts(
    "a directive behind an import",
    `import { http } from "spoor"; // @kind: tracked\nawait http.get("https://a.example");\n`,
    1,
    TRACKED,
  ),
  sql("a header of SQL in a block comment", "/* @kind: view */\nSELECT 1 AS id\n", 1, VIEW),
  sql("a directive behind the query's beginning", "SELECT 1 AS id -- @kind: view\n", 1, VIEW),
  sql(
    "a directive in a block comment of the query",
    "SELECT 1 AS id\n/*\n@kind: view\n*/\n",
    3,
    VIEW,
  ),
  sql("a directive behind three dashes", "--- @kind: view\nSELECT 1 AS id\n", 1, VIEW),
  sql("a directive of SQL without its @", "-- kind: view\nSELECT 1 AS id\n", 1, VIEW),
  sql("a misspelt directive below the query", "SELECT 1 AS id\n-- @knd: view\n", 2, VIEW),
  unread(
    "a directive in the SQL of a YAML model",
    "models/mart/a.yaml",
    "sql: |\n  -- @kind: view\n  SELECT 1 AS id\n",
    2,
    /"kind: view"/,
  ),
]);

Deno.test("comments that only look like directives are text", async () => {
  await using project = await tempProject({
    "models/raw/a.ts": `
      #!/usr/bin/env spoor
      /**
       * Reads what is there. Sent would be only what changed, see \`@kind: tracked\` in the manual.
       *
       * @module
       * @link: https://example.com
       * @author: Ada <ada@example.com>
       * @description What it is for
       * @example
       * const a = { kind: "tracked" };
       */
      // kind is table here, as (@kind: tracked) would be of no use; kind: see above
      // owner: Ada, description: none
      // // @max_changes: 10
      // @kind: table
      import { save } from "spoor";

      // @todo: more rows
      // @other: x
      /**
       * @param kind: a kind
       * @returns: nothing
       * @description: a thing
       * @deprecated
       */
      function row(kind: string): object {
        return { kind, mail: "x@kind.example", url: "https://@example.com//kind", sql: "-- @kind: view" };
      }
      await save.row(row("a"));
    `,
    "models/mart/b.sql": `
      -- Made for a@b.c; -- @kind: view was too slow.
      -- -- @tags: old
      SELECT 'x -- @kind: view' AS "/* @kind: view */", -- @owner: asked for it
        1 AS id /* @joe, see below */
    `,
    "models/mart/c.yaml": `
      # kind: view
      sql: |
        -- Customers; @kind is table
        SELECT '-- @kind: view' AS a
    `,
  });

  const { code, output } = await project.run("validate");

  assert.match(output, /3 models, no mistake found/);
  assert.equal(code, 0);
});

Deno.test("a header that nothing would read sends nothing", async () => {
  await using project = await tempProject({
    "models/sync/a.ts":
      `/* @kind: tracked\n * @unique_key: id\n */\n// @allow_net: api.example\n${CODE}`,
  });

  for (const command of ["plan", "run --practice"]) {
    const { code, output } = await project.run(command);

    assert.equal(code, 1, output);
    assert.match(output, /at models\/sync\/a\.ts:1/);
  }
  assert.equal(await project.exists(".spoor/practice.db"), false);
});
