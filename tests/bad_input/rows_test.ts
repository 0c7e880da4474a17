/**
 * Rows that cannot be saved, keys that are wrong, files that cannot be read.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../support/fake_api.ts";
import { assertExplained, type Mistake, testMistakes } from "../support/mistake.ts";
import { tempProject } from "../support/temp_project.ts";

/** A table model that saves a row of this expression. */
function row(name: string, expression: string, says: Mistake["says"]): Mistake {
  return {
    name,
    command: "run",
    files: {
      "models/a/b.ts":
        `// @kind: table\nimport { save } from "spoor";\nconst row: unknown = ${expression};\nawait save.row(row as Record<string, never>);\n`,
    },
    says,
    at: "models/a/b.ts:4",
  };
}

/** A table model that reads a CSV file. */
function csv(
  name: string,
  content: string | Uint8Array,
  says: Mistake["says"],
  line?: number,
): Mistake {
  return {
    name,
    command: "run",
    files: {
      "data/in.csv": content,
      "models/a/b.ts": `
        // @kind: table
        // @allow_read: data
        import { files, save } from "spoor";
        for await (const file of files("data/in.csv")) {
          for await (const row of file.csv()) await save.row(row);
        }
      `,
    },
    says,
    at: line === undefined ? "data/in.csv" : `data/in.csv:${line}`,
  };
}

const latin1 = new Uint8Array([0x69, 0x64, 0x0a, 0x4d, 0xfc, 0x6c, 0x6c, 0x65, 0x72, 0x0a]);

testMistakes([
  row("a value that is undefined", `{ id: 1, name: undefined }`, [`"name"`]),
  row("a value that is not a number", `{ id: 1, amount: 0 / 0 }`, [`"amount"`]),
  row("a value that is infinite", `{ id: 1, amount: 1 / 0 }`, [`"amount"`]),
  row("a value that is a function", `{ id: 1, act: () => 1 }`, [`"act"`, /function/]),
  row("a value that is a symbol", `{ id: 1, sign: Symbol("x") }`, [`"sign"`]),
  row("a date that is none", `{ id: 1, at: new Date("x") }`, [`"at"`]),
  row("an integer that is too large", `{ id: 1, big: 2n ** 64n }`, [`"big"`]),
  row(
    "an object that holds itself",
    `(() => { const a: Record<string, unknown> = {}; a.a = a; return { id: 1, tree: a }; })()`,
    [`"tree"`],
  ),
  row("a row that is none", `"just a text"`, [/row/]),
  row("a row that is null", `null`, [/row/]),
  row("a row without columns", `{}`, [/column/]),
  {
    name: "two columns that differ in case only",
    command: "run",
    files: {
      "models/a/b.ts":
        `// @kind: table\nimport { save } from "spoor";\nawait save.row({ id: 1, ID: 2 });\n`,
    },
    says: [`"ID"`],
  },
  csv("a CSV row with too few fields", `id,name\n1,Ada\n2\n3,Grace\n`, [/field/], 3),
  csv("a CSV row with too many fields", `id,name\n1,Ada\n2,Grace,Hopper\n`, [/fields|columns/], 3),
  csv("a CSV field whose quote is not closed", `id,name\n1,Ada\n2,"Grace\n`, [/quote/], 3),
  csv("a CSV file with two columns of one name", `id,id\n1,2\n`, [`"id"`], 1),
  csv("a CSV file that is not UTF-8", latin1, [/UTF-8/], 2),
  {
    name: "a file of lines that is not UTF-8",
    command: "run",
    files: {
      "data/in.txt": latin1,
      "models/a/b.ts": `
        // @kind: table
        // @allow_read: data
        import { files, save } from "spoor";
        for await (const file of files("data/in.txt")) {
          for await (const line of file.lines()) await save.row({ line });
        }
      `,
    },
    says: [/UTF-8/, "data/in.txt"],
  },
  {
    name: "a file that is not JSON",
    command: "run",
    files: {
      "data/in.json": `{\n  "a": 1,\n}\n`,
      "models/a/b.ts": `
        // @kind: table
        // @allow_read: data
        import { files, save } from "spoor";
        for await (const file of files("data/*.json")) await save.row(await file.json());
      `,
    },
    says: ["data/in.json"],
  },
  {
    name: "a model that is not UTF-8",
    files: { "models/a/b.sql": new Uint8Array([0x2d, 0x2d, 0x20, 0xfc, 0x0a, 0x53, 0x45]) },
    says: [/UTF-8/],
    at: "models/a/b.sql:1",
  },
  {
    name: "a path that finds nothing",
    command: "run",
    files: {
      "models/a/b.ts": `
        // @kind: table
        // @allow_read: data/in.csv
        import { files, save } from "spoor";
        const [file] = await Array.fromAsync(files("data/in.csv"));
        for await (const row of file.csv()) await save.row(row);
      `,
    },
    says: [/models\/a\/b\.ts:\d/],
  },
]);

testMistakes([
  {
    name: "a key that is NULL in a model of SQL",
    command: "run",
    files: {
      "models/mart/people.sql":
        "-- @kind: tracked\n-- @unique_key: id\nSELECT 1 AS id\nUNION ALL SELECT NULL",
    },
    says: ["Cannot keep mart.people: 1 row has a NULL key", "id = NULL"],
    at: "models/mart/people.sql:3",
  },
  {
    name: "a key that is NULL in a row that is saved",
    command: "run",
    files: {
      "models/a/b.ts":
        `// @kind: tracked\n// @unique_key: id\nimport { save } from "spoor";\nawait save.row({ id: null });\n`,
    },
    says: ["Cannot keep a.b: 1 row has a NULL key", "id = NULL"],
    at: "models/a/b.ts",
  },
]);

const TRACKED = (host: string, body: string) => `
  // @kind: tracked
  // @unique_key: id
  // @allow_net: ${host}
  import { http, query, save } from "spoor";
  for await (const row of query("SELECT id, name FROM a.rows ORDER BY id")) {
    await http.post("http://${host}/rows", { json: row });
    ${body}
  }
`;

Deno.test("a key that was not delivered cannot be saved, and what was accepted stays", async () => {
  await using api = await fakeApi();
  await using project = await tempProject({
    "models/a/rows.sql": "SELECT 1 AS id, 'Ada' AS name UNION ALL SELECT 2, 'Grace'",
    "models/sync/crm.ts": TRACKED(
      api.host,
      "await save.row(row.id === 2 ? { ...row, id: 3 } : row);",
    ),
  });

  const result = await project.run("run");

  assertExplained(result, { says: [/3/, /id/], at: "models/sync/crm.ts:7" });
  assert.deepEqual(project.rows(`SELECT id, name FROM "sync.crm"`), [{ id: 1, name: "Ada" }]);

  await project.run("run");
  assert.deepEqual(api.requests.map((request) => (request.json as { id: number }).id), [1, 2, 2]);
});

Deno.test("an answer that refuses one row fails the model, and the rows before it stay", async () => {
  await using api = await fakeApi((request) =>
    (request.json as { id: number }).id === 2
      ? { status: 400, json: { message: "name is taken" } }
      : { status: 201, json: {} }
  );
  await using project = await tempProject({
    "models/a/rows.sql": "SELECT 1 AS id, 'Ada' AS name UNION ALL SELECT 2, 'Grace'",
    "models/sync/crm.ts": TRACKED(api.host, "await save.row(row);"),
  });

  const result = await project.run("run");

  assertExplained(result, {
    says: ["400", "name is taken"],
    at: "models/sync/crm.ts:6",
    isTheirs: true,
  });
  assert.deepEqual(project.rows(`SELECT id FROM "sync.crm"`), [{ id: 1 }]);
});
