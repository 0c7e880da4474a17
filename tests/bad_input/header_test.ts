/**
 * Mistakes in a model's header, name and place.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Mistake, testMistakes } from "../support/mistake.ts";
import { tempProject } from "../support/temp_project.ts";

/** A SQL model with this header. */
function header(
  name: string,
  lines: string,
  says: Mistake["says"],
  more: Partial<Mistake> = {},
): Mistake {
  return {
    name,
    files: { "models/mart/a.sql": `${lines}\nSELECT 1 AS id\n` },
    says,
    ...more,
  };
}

testMistakes([
  header("a misspelt directive", "-- A table.\n-- @uniqe_key: id", [
    `"@uniqe_key" is not a directive`,
  ], {
    at: "models/mart/a.sql:2",
    hint: /"@unique_key"/,
  }),
  header("a directive that is not like any", "-- @zebra: id", [`"@zebra" is not a directive`], {
    at: "models/mart/a.sql:1",
    hint: /spoor/,
  }),
  header("a kind that does not exist", "-- @kind: tabel", [`"tabel"`], {
    at: "models/mart/a.sql:1",
    hint: /"table"/,
  }),
  header("a kind of a later version", "-- @kind: scd2", [`"scd2"`], { at: "models/mart/a.sql:1" }),
  header("a directive of a later version", "-- @incremental: id", [
    `"@incremental" is not there yet`,
  ], {
    at: "models/mart/a.sql:1",
  }),
  header("a directive that the kind cannot take", "-- @kind: view\n-- @unique_key: id", [
    "unique_key",
    "view",
  ], { at: "models/mart/a.sql:2" }),
  header(
    "a directive of another kind than the one that is given",
    "-- @kind: table\n-- @unique_key: id",
    [
      `Cannot use "@unique_key" here: "mart.a" has the kind "table"`,
    ],
    {
      at: "models/mart/a.sql:2",
      hint: /Remove the line, or change "@kind: table" to "@kind: tracked"\./,
    },
  ),
  header("a directive that SQL cannot take", "-- @allow_net: example.com", ["allow_net"], {
    at: "models/mart/a.sql:1",
  }),
  ...[
    ["a rate limit without a window", "100", `"100" does not say in which time`, /100\/10s/],
    ["a rate limit that lets nothing through", "0/s", `"0/s" lets no request through`, /100\/10s/],
    ["a rate limit of no known name", "hubspt", `Cannot use the rate limit "hubspt"`, /"hubspot"/],
  ].map(([name, value, says, hint]): Mistake => ({
    name: String(name),
    files: {
      "spoor.yaml": "rate_limits:\n  hubspot: 100/10s\n",
      "models/sync/a.ts": `// @allow_net: example.com\n// @rate_limit: ${value}\nexport {};\n`,
    },
    says: [String(says)],
    at: "models/sync/a.ts:2",
    hint: hint as RegExp,
  })),
  ...[["rate_limit", "5/s"], ["retries", "3"]].map(([name, value]): Mistake => ({
    name: `@${name} of a model that sends nothing`,
    files: { "models/raw/a.ts": `// @${name}: ${value}\nexport {};\n` },
    says: [`Cannot use "@${name}" here: "raw.a" may reach no host`],
    at: "models/raw/a.ts:1",
    hint: /@allow_net/,
  })),
  ...["on_removed: keep", "max_removed: 5", "max_changes: 5", "max_attempts: 5"].map((
    line,
  ): Mistake => ({
    name: `@${line} of a model that only saves`,
    files: {
      "models/raw/a.ts":
        `// @kind: tracked\n// @unique_key: id\n// @${line}\nimport { save } from "spoor";\nawait save.row({ id: 1 });\n`,
    },
    says: [/Cannot use "@\w+" here: "raw\.a" reads no query, and only saves rows/],
    at: "models/raw/a.ts:3",
    hint: /remove/,
  })),
  ...[
    { settings: "", header: "// @max_removed: 5\n// @on_removed: keep\n", line: 1 },
    { settings: "defaults:\n  on_removed: keep\n", header: "// @max_removed: 5\n", line: 1 },
  ].map(({ settings, header, line }): Mistake => ({
    name: `a budget of removals where nothing is removed${settings && ", by default,"}`,
    files: {
      "spoor.yaml": settings,
      "models/raw/a.ts":
        `${header}// @kind: tracked\n// @unique_key: id\nimport { query } from "spoor";\nawait query("SELECT 1 AS id").each(() => {});\n`,
    },
    says: [`Cannot use "@max_removed" here: "raw.a" has "@on_removed: keep"`],
    at: `models/raw/a.ts:${line}`,
    hint: /forget/,
  })),
  header("a directive that is given twice", "-- @kind: table\n-- @kind: view", ["@kind"], {
    at: "models/mart/a.sql:2",
  }),
  header("a tracked model without a key", "-- @kind: tracked", [/unique_key/], {
    at: "models/mart/a.sql:1",
  }),
  header(
    "a key that the query does not select",
    "-- @kind: tracked\n-- @unique_key: no",
    [`"no"`],
    {
      command: "run",
    },
  ),
  header("a flag that is neither true nor false", "-- @volatile: maybe", [`"maybe"`], {
    at: "models/mart/a.sql:1",
  }),
  header("a directive below the first statement", "SELECT 1 AS a\n-- @kind: view\n;--", [
    "below the first statement",
  ], {
    at: "models/mart/a.sql:2",
    files: { "models/mart/a.sql": "SELECT 1 AS a\n-- @kind: view\n" },
  }),
  header("a model to depend on that does not exist", "-- @depends_on: mart.b", [`mart.b`], {
    at: "models/mart/a.sql:1",
  }),
  {
    name: "a number that is none",
    files: { "models/a/b.ts": `// @kind: table\n// @concurrency: many\n` },
    says: [`"many"`],
    at: "models/a/b.ts:2",
  },
  {
    name: "a duration that is none",
    files: { "models/a/b.ts": `// @kind: table\n// @timeout: soon\n` },
    says: [`"soon"`],
    at: "models/a/b.ts:2",
    hint: /30s|10s/,
  },
  {
    name: "a host with a scheme",
    files: { "models/a/b.ts": `// @kind: table\n// @allow_net: https://api.example.com/v1\n` },
    says: [`https://api.example.com/v1`],
    at: "models/a/b.ts:2",
    hint: /api\.example\.com/,
  },
  {
    name: "a host with a wildcard",
    files: { "models/a/b.ts": `// @kind: table\n// @allow_net: *\n` },
    says: [`"*"`],
    at: "models/a/b.ts:2",
  },
  {
    name: "a YAML model with an unknown key",
    files: { "models/a/b.yaml": `kind: table\nuniqe_key: id\nsql: SELECT 1 AS id\n` },
    says: ["uniqe_key"],
    at: "models/a/b.yaml:2",
    hint: /unique_key/,
  },
  {
    name: "a YAML model without SQL",
    files: { "models/a/b.yaml": `kind: table\n` },
    says: [`"sql"`, "models/a/b.yaml"],
  },
  {
    name: "a list in a YAML model where a value is meant",
    files: { "models/a/b.yaml": `kind: [table]\nsql: SELECT 1 AS id\n` },
    says: [`Cannot read "kind": a list is not what it takes`],
    at: "models/a/b.yaml:1",
    hint: /"kind: tracked"/,
  },
  {
    name: "a YAML model that is not YAML",
    files: { "models/a/b.yaml": `kind: [table\nsql: SELECT 1 AS id\n` },
    says: [/models\/a\/b\.yaml:\d/],
  },
  {
    name: "two files with one name",
    files: {
      "models/mart/a.sql": "SELECT 1 AS id",
      "models/mart/sub/a.ts": "// @kind: table\n",
    },
    says: ["mart.a", "models/mart/a.sql", "models/mart/sub/a.ts"],
  },
  {
    name: "two files whose names differ in case only",
    files: { "models/mart/a.sql": "SELECT 1 AS id", "models/mart/sub/A.sql": "SELECT 1 AS id" },
    says: ["models/mart/a.sql", "models/mart/sub/A.sql"],
  },
  ...["spoor", "main", "temp", "sqlite_x"].map((schema): Mistake => ({
    name: `the reserved schema ${schema}`,
    files: { [`models/${schema}/a.sql`]: "SELECT 1 AS id" },
    says: [`"${schema}"`, `models/${schema}/a.sql`],
  })),
  {
    name: "a name that is no identifier",
    files: { "models/mart/my-table.sql": "SELECT 1 AS id" },
    says: [`my-table`, "models/mart/my-table.sql"],
    hint: /my_table/,
  },
  {
    name: "a model without a schema",
    files: { "models/a.sql": "SELECT 1 AS id" },
    says: ["models/a.sql"],
    hint: /models\//,
  },
]);

Deno.test("validate finds all mistakes of a project in one go", async () => {
  await using project = await tempProject({
    "models/a/one.sql": "-- @kind: tabel\nSELECT 1 AS id",
    "models/a/two.sql": "-- @uniqe_key: id\n-- @volatil: true\nSELECT 1 AS id",
    "models/a/three.sql": "SELECT * FROM a.missing",
    "models/a/four.sql": "SELECT 1 AS id; SELECT 2",
    "models/a/five.ts": "// @kind: table\nimport fs from 'node:fs';\nconst = 3;\n",
    "models/main/six.sql": "SELECT 1 AS id",
  });

  const { code, output } = await project.run("validate");

  assert.equal(code, 1);
  for (
    const place of [
      "models/a/one.sql:1",
      "models/a/two.sql:1",
      "models/a/two.sql:2",
      "models/a/three.sql:1",
      "models/a/four.sql:1",
      "models/a/five.ts:3",
      "models/main/six.sql",
    ]
  ) assert.ok(output.includes(place), `${place} is not in\n${output}`);
});

Deno.test("a mistake in one model keeps the whole project from running, and no model runs", async () => {
  await using project = await tempProject({
    "models/a/good.sql": "SELECT 1 AS id",
    "models/a/bad.sql": "-- @kind: tabel\nSELECT 1 AS id",
  });

  const { code } = await project.run("run");

  assert.equal(code, 1);
  const made = await project.exists(".spoor/spoor.db")
    ? project.rows("SELECT name FROM sqlite_schema WHERE name = 'a.good'")
    : [];
  assert.deepEqual(made, []);
});
