import assert from "node:assert/strict";
import { readDirectives } from "./read_directives.ts";
import { loadYamlLibrary } from "./yaml_mapping.ts";
import { readYamlModel, YAML_MODEL_KEYS } from "./yaml_model.ts";

async function read(text: string) {
  return readYamlModel(await loadYamlLibrary(), text, "models/a/b.yaml");
}

async function mistakesOf(text: string): Promise<string[]> {
  const model = await read(text);
  const { errors } = readDirectives(model.entries, "models/a/b.yaml", "", YAML_MODEL_KEYS);
  return [...model.errors, ...errors].map(({ at, message, hint }) =>
    `${at?.line ?? ""} ${message} | ${hint}`
  );
}

Deno.test("a YAML model has directives as keys, lists too, and its SQL", async () => {
  const model = await read(`# A model.
kind: tracked
unique_key: [id, "b c"]
tags:
  - crm
  - &daily daily
owner: *daily
volatile: true
sql: |
  SELECT 1 AS id

  FROM x
`);
  assert.deepEqual(model.errors, []);
  assert.deepEqual(model.entries.map(({ name, value, line }) => [name, value, line]), [
    ["kind", "tracked", 2],
    ["unique_key", ["id", "b c"], 3],
    ["tags", ["crm", "daily"], 4],
    ["owner", "daily", 7],
    ["volatile", "true", 8],
  ]);
  assert.deepEqual(model.sql, { text: "SELECT 1 AS id\n\nFROM x\n", line: 10 });
});

Deno.test("the SQL of a YAML model may stand on one line, and lines may end as on Windows", async () => {
  const model = await read(`kind: view\r\nsql: SELECT 1 AS id\r\n`);
  assert.deepEqual(model.sql, { text: "SELECT 1 AS id", line: 2 });
});

Deno.test("an unknown key of a YAML model is told with the nearest name", async () => {
  assert.deepEqual(await mistakesOf("sql: SELECT 1\nuniqe_key: id\nsqll: x\n"), [
    `2 Cannot read the model header: "uniqe_key" is not a directive | Did you mean "unique_key"?`,
    `3 Cannot read the model header: "sqll" is not a directive | Did you mean "sql"?`,
  ]);
});

Deno.test("a YAML model without SQL is a mistake", async () => {
  for (const text of ["kind: table\n", "", "# nothing\n"]) {
    assert.match(
      (await mistakesOf(text)).join(),
      /Cannot read the model: it has no key "sql" \| Write/,
    );
  }
});

Deno.test("keys of a YAML model that come twice are mistakes", async () => {
  assert.deepEqual(await mistakesOf("kind: table\nkind: view\nsql: SELECT 1\nsql: SELECT 2\n"), [
    `4 Cannot read the model header: "sql" is given twice | Keep one of the two; a model is one SELECT.`,
    `2 Cannot read the model header: "kind" is given twice, first on line 1 | ` +
    "Keep one of the two lines; a list takes commas.",
  ]);
});

Deno.test("a value of a YAML model that is a mapping is a mistake", async () => {
  assert.match(
    (await mistakesOf("kind: {a: 1}\nsql: SELECT 1\n")).join(),
    /1 Cannot read "kind": it is neither a text nor a list/,
  );
  assert.match((await mistakesOf("kind: [[a]]\nsql: SELECT 1\n")).join(), /"kind": it is neither/);
  assert.match((await mistakesOf("sql: [a]\n")).join(), /1 Cannot read "sql": it is not a text/);
  assert.match(
    (await mistakesOf("kind:\nsql: SELECT 1\n")).join(),
    /1 Cannot read "kind": it has no value \| Write a value, as in "kind: tracked"/,
  );
});

Deno.test("a file that is not YAML is told with its line", async () => {
  assert.match(
    (await mistakesOf("kind: table\nsql: [SELECT 1\n")).join(),
    /^\d Cannot read the YAML: /,
  );
  assert.match(
    (await mistakesOf("- a\n- b\n")).join(),
    /1 Cannot read the YAML: it is not a list of keys/,
  );
  assert.match(
    (await mistakesOf("a: 1\n---\nb: 2\n")).join(),
    /Cannot read the YAML: the file has two parts/,
  );
});
