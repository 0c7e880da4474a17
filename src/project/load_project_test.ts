import assert from "node:assert/strict";
import { type ProjectFiles, tempProject } from "../../tests/support/temp_project.ts";
import { loadProject } from "./load_project.ts";
import { buildProjectGraph } from "./project_graph.ts";

async function load(files: ProjectFiles) {
  await using project = await tempProject(files);
  return await loadProject({ root: project.root });
}

async function modelOf(files: ProjectFiles, name: string) {
  const { models, errors } = await load(files);
  assert.deepEqual(errors.map((error) => error.message), []);
  const model = models.get(name);
  assert.ok(model, `${name} is not among ${[...models.keys()]}`);
  return model;
}

async function mistakesOf(files: ProjectFiles): Promise<string[]> {
  const project = await load(files);
  return buildProjectGraph(project).errors.map(({ at, message, hint }) =>
    `${at?.path}:${at?.line ?? ""} ${message} | ${hint}`
  );
}

Deno.test("a SQL model has its kind, its SELECT and what it reads, with lines", async () => {
  const model = await modelOf({
    "models/mart/b.sql":
      '-- @kind: tracked\n-- @unique_key: id\n\nSELECT id -- no FROM raw.x\nFROM raw.a\nJOIN "raw".[b] USING (id), raw.A;\n',
    "models/raw/a.sql": "SELECT 1 AS id",
    "models/raw/b.sql": "SELECT 1 AS id",
  }, "mart.b");
  const { fingerprint, ...rest } = model;
  assert.match(fingerprint, /^[0-9a-f]{32}$/);
  assert.deepEqual(rest, {
    name: "mart.b",
    language: "sql",
    path: "models/mart/b.sql",
    kind: "tracked",
    directives: { kind: "tracked", uniqueKey: ["id"] },
    directiveLines: { kind: 1, unique_key: 2 },
    references: [
      { table: "raw.a", at: { path: "models/mart/b.sql", line: 5 } },
      { table: "raw.b", at: { path: "models/mart/b.sql", line: 6 } },
    ],
    sql: `SELECT id -- no FROM raw.x\nFROM raw.a\nJOIN "raw".[b] USING (id), raw.A`,
    fileSql:
      `SELECT id -- no FROM raw.x\nFROM "raw.a" AS "a"\nJOIN "raw.b" AS "b" USING (id), "raw.A" AS "A"`,
    sqlLine: 4,
  });
});

Deno.test("a model without @kind is a table", async () => {
  assert.equal((await modelOf({ "models/a/b.sql": "SELECT 1" }, "a.b")).kind, "table");
  assert.equal((await modelOf({ "models/a/b.ts": "" }, "a.b")).kind, "table");
});

Deno.test("a YAML model is a SQL model whose lines are those of its file", async () => {
  const files = {
    "models/a/b.yaml": "kind: view\nsql: |\n  -- text\n  SELECT 1 AS id\n  FROM a.c\ntags: [x]\n",
    "models/a/c.sql": "SELECT 1",
  };
  const { sql, sqlLine, kind, references } = await modelOf(files, "a.b");
  assert.deepEqual({ sql, sqlLine, kind }, {
    sql: "SELECT 1 AS id\nFROM a.c",
    sqlLine: 4,
    kind: "view",
  });
  assert.deepEqual(references, [{ table: "a.c", at: { path: "models/a/b.yaml", line: 5 } }]);
});

Deno.test("@depends_on adds what the text does not show", async () => {
  const { references } = await modelOf({
    "models/a/b.sql": "-- @depends_on: a.c, a.d\nSELECT * FROM A.C",
    "models/a/c.sql": "SELECT 1",
    "models/a/d.sql": "SELECT 1",
  }, "a.b");
  assert.deepEqual(references, [
    { table: "A.C", at: { path: "models/a/b.sql", line: 2 } },
    { table: "a.d", at: { path: "models/a/b.sql", line: 1 }, declared: true },
  ]);
});

Deno.test("main is the file itself, and a quoted name may hold the schema", async () => {
  const { references } = await modelOf({
    "models/a/b.sql": `SELECT * FROM main."a.c", "a.d"`,
    "models/a/c.sql": "SELECT 1",
    "models/a/d.sql": "SELECT 1",
  }, "a.b");
  assert.deepEqual(references.map((reference) => reference.table), ["a.c", "a.d"]);
});

Deno.test("a byte order mark and the lines of Windows change nothing", async () => {
  const { sql, sqlLine, kind } = await modelOf({
    "models/a/b.sql": "\uFEFF-- @kind: view\r\nSELECT 1 AS id\r\n",
  }, "a.b");
  assert.deepEqual({ sql, sqlLine, kind }, { sql: "SELECT 1 AS id", sqlLine: 2, kind: "view" });
});

Deno.test("the character that stands for broken text is no mistake where it is meant", async () => {
  assert.equal((await modelOf({ "models/a/b.sql": "SELECT '\uFFFD' AS x" }, "a.b")).sqlLine, 1);
});

Deno.test("a file that is not UTF-8 is told with its line", async () => {
  const latin1 = new TextEncoder().encode("-- x\nSELECT 'Aou' AS x\n");
  latin1[14] = 0xe4;
  assert.deepEqual(await mistakesOf({ "models/a/b.sql": latin1 }), [
    "models/a/b.sql:2 Cannot read the file: it is not UTF-8 | Save the file as UTF-8.",
  ]);
  const utf16 = new Uint8Array([0xff, 0xfe, 0x53, 0x00, 0xe4, 0xd8]);
  assert.match(
    (await mistakesOf({ "models/a/b.sql": utf16 })).join(),
    /it is UTF-16 \| Save the file/,
  );
  assert.match(
    (await mistakesOf({ "models/a/b.sql": "SELECT 1\n\0" })).join(),
    /b\.sql:2 Cannot read the file: it holds bytes that are not text/,
  );
});

const MISTAKES: [name: string, files: ProjectFiles, errors: (string | RegExp)[]][] = [
  ["two statements", { "models/a/b.sql": "-- x\nSELECT 1;\nSELECT 2\n" }, [
    /^models\/a\/b\.sql:3 Cannot read the SQL: a second statement begins with "SELECT" \| Keep one/,
  ]],
  ["no statement", { "models/a/b.yaml": "sql: |\n  -- nothing\n" }, [
    /^models\/a\/b\.yaml:2 Cannot read the SQL: there is no statement in it/,
  ]],
  ["a parameter", { "models/a/b.sql": "-- x\nSELECT 1,\n  :since AS s" }, [
    `models/a/b.sql:3 Cannot read the SQL: nothing gives a value to the parameter ":since" | ` +
    "Write the value itself, or read it from a table.",
  ]],
  ["a tracked model without key", { "models/a/b.sql": "-- x\n-- @kind: tracked\nSELECT 1" }, [
    `models/a/b.sql:2 Cannot track "a.b": it has no @unique_key | ` +
    `Add "@unique_key: column", the columns that make a group of rows.`,
  ]],
  ["a tracked YAML model without key", { "models/a/b.yaml": "kind: tracked\nsql: SELECT 1" }, [
    `models/a/b.yaml:1 Cannot track "a.b": it has no unique_key | ` +
    `Add "unique_key: column", the columns that make a group of rows.`,
  ]],
  ["a key on a table", { "models/a/b.sql": "-- @unique_key: id\nSELECT 1" }, [
    `models/a/b.sql:1 Cannot use "@unique_key" here: "a.b" has the kind "table" | ` +
    `Remove the line, or add "@kind: tracked".`,
  ]],
  ["a TypeScript view", { "models/a/b.ts": "// @kind: view\n" }, [
    `models/a/b.ts:1 Cannot make a view of a TypeScript model: "models/a/b.ts" is no SQL | ` +
    `Use "@kind: table", or write the model in SQL.`,
  ]],
  ["secrets that could go nowhere", { "models/a/b.ts": "// @secrets: TOKEN\n" }, [
    `models/a/b.ts:1 Cannot use "@secrets" here: "a.b" may reach no host | ` +
    `Add "@allow_net: host"; a secret is of use only in a request.`,
  ]],
  ["a promise of delivery where nothing is sent", {
    "models/a/b.ts": "// @kind: tracked\n// @unique_key: id\n// @delivery: at_most_once\n",
  }, [
    `models/a/b.ts:3 Cannot use "@delivery" here: "a.b" sends nothing | ` +
    `Remove the line, or add "@allow_net: host"; only a model with a host can deliver.`,
  ]],
  ["a secret that is shown", {
    "models/a/b.ts": "// @allow_net: a.example\n// @secrets: A, B\n// @allow_env: B\n",
  }, [
    `models/a/b.ts:3 Cannot keep "B" secret: "@allow_env" shows it to the model | ` +
    `Name it in "@secrets" alone.`,
  ]],
  ["a mistake in the header, and none that follows from it", {
    "models/a/b.sql": "-- @kind: tracked\n-- @uniqe_key: id\nSELECT 1",
  }, [
    `models/a/b.sql:2 Cannot read the model header: "@uniqe_key" is not a directive | ` +
    `Did you mean "@unique_key"?`,
  ]],
];

for (const [name, files, errors] of MISTAKES) {
  Deno.test(`${name}: a mistake`, async () => {
    const found = await mistakesOf(files);
    assert.equal(found.length, errors.length, found.join("\n"));
    for (const [i, error] of errors.entries()) {
      if (typeof error === "string") assert.equal(found[i], error);
      else assert.match(found[i] ?? "", error);
    }
  });
}

const TYPESCRIPT_ONLY: [name: string, value: string][] = [
  ["allow_net", "a.example"],
  ["secrets", "A"],
  ["allow_env", "A"],
  ["allow_read", "data"],
  ["concurrency", "2"],
  ["timeout", "3s"],
  ["model_timeout", "3s"],
  ["retries", "1"],
];

for (const [name, value] of TYPESCRIPT_ONLY) {
  Deno.test(`@${name} is refused in a SQL model and taken in a TypeScript model`, async () => {
    assert.deepEqual(await mistakesOf({ "models/a/b.sql": `-- @${name}: ${value}\nSELECT 1` }), [
      `models/a/b.sql:1 Cannot use "@${name}" here: "a.b" is a SQL model | ` +
      "Remove the line; only TypeScript models take it.",
    ]);
    const isOfRequests = ["secrets", "timeout", "retries"].includes(name);
    const net = isOfRequests ? "// @allow_net: a.example\n" : "";
    assert.deepEqual(await mistakesOf({ "models/a/b.ts": `${net}// @${name}: ${value}\n` }), []);
  });
}

Deno.test("all mistakes of a project are found in one go, by file and line", async () => {
  const mistakes = await mistakesOf({
    "spoor.yaml": "job: 2\n",
    "models/a/b.sql": "-- @kind: tabel\n-- @volatil: true\nSELECT * FROM a.missing",
    "models/a/c.sql": "SELECT * FROM a.d",
    "models/a/d.sql": "SELECT * FROM a.c",
    "models/a/e.sql": "DROP TABLE x",
    "models/a/f.sql": "SELECT * FROM a.e",
    "models/a/g.ts": "const = 1;\n",
    "models/a/h.yaml": "kind: table\n",
    "models/main/i.sql": "SELECT 1",
  });
  assert.deepEqual(mistakes.map((words) => words.split(" ")[0]), [
    "models/a/b.sql:1",
    "models/a/b.sql:2",
    "models/a/b.sql:3",
    "models/a/c.sql:1",
    "models/a/e.sql:1",
    "models/a/g.ts:1",
    "models/a/h.yaml:",
    "models/main/i.sql:",
    "spoor.yaml:1",
  ]);
});

Deno.test("to read a model that could not be read is no further mistake", async () => {
  const project = await load({ "models/a/b.sql": "DROP x", "models/a/c.sql": "SELECT * FROM a.b" });
  assert.deepEqual(project.unreadable, ["a.b"]);
  assert.equal(buildProjectGraph(project).errors.length, 1);
});

Deno.test("the graph of a project joins and orders its models", async () => {
  const project = await load({
    "models/mart/b.sql": "SELECT * FROM raw.a JOIN legacy.t",
    "models/raw/a.ts": "",
  });
  const { graph, order, errors } = buildProjectGraph(project, { existingTables: ["legacy.t"] });
  assert.deepEqual(errors, []);
  assert.deepEqual(order.models, ["raw.a", "mart.b"]);
  assert.deepEqual(graph.external.get("mart.b"), ["legacy.t"]);
});

Deno.test("defaults of spoor.yaml are those of TypeScript models that say nothing else", async () => {
  const { models, errors } = await load({
    "spoor.yaml": "defaults:\n  model_timeout: 2s\n  concurrency: 8\n",
    "models/a/b.ts": "// @model_timeout: 1s\n",
    "models/a/c.sql": "SELECT 1",
  });
  assert.deepEqual(errors, []);
  assert.deepEqual(models.get("a.b")?.directives, { modelTimeoutMs: 1_000, concurrency: 8 });
  assert.deepEqual(models.get("a.b")?.directiveLines, { model_timeout: 1 });
  assert.deepEqual(models.get("a.c")?.directives, {});
});

Deno.test("a fingerprint moves with the text and not with the place of a file", async () => {
  const fingerprint = async (path: string, text: string) =>
    (await modelOf({ [path]: text }, "a.b")).fingerprint;
  const first = await fingerprint("models/a/b.sql", "SELECT 1");
  assert.equal(await fingerprint("models/a/deep/b.sql", "SELECT 1"), first);
  assert.notEqual(await fingerprint("models/a/b.sql", "SELECT 2"), first);
  assert.notEqual(await fingerprint("models/a/b.sql", "-- @kind: view\nSELECT 1"), first);
});

/** How often a project's loading touches the disk. */
async function workOf(root: string): Promise<Record<string, number>> {
  const names = [
    "readTextFileSync",
    "readDirSync",
    "realPathSync",
    "statSync",
    "readFileSync",
  ] as const;
  const calls: Record<string, number> = {};
  const originals = names.map((name) => Deno[name]);
  const disk = Deno as unknown as Record<string, (...given: unknown[]) => unknown>;
  for (const [i, name] of names.entries()) {
    const original = originals[i] as (...given: unknown[]) => unknown;
    calls[name] = 0;
    disk[name] = (...given) => {
      calls[name] = (calls[name] ?? 0) + 1;
      return original(...given);
    };
  }
  try {
    const { models, errors } = await loadProject({ root });
    assert.deepEqual(errors, []);
    return { models: models.size, ...calls };
  } finally {
    Object.assign(Deno, Object.fromEntries(names.map((name, i) => [name, originals[i]])));
  }
}

Deno.test("a project of 1,000 SQL models is read by one walk and one look at each file", async () => {
  const files: Record<string, string> = { "spoor.yaml": "practice: true\n" };
  for (let i = 0; i < 1_000; i++) files[`models/l${i % 10}/m${i}.sql`] = `SELECT ${i} AS id`;
  await using project = await tempProject(files);
  assert.deepEqual(await workOf(project.root), {
    models: 1_000,
    readTextFileSync: 1_001,
    readDirSync: 11,
    realPathSync: 0,
    statSync: 0,
    readFileSync: 0,
  });
});

Deno.test("an empty project has no models and no mistakes", async () => {
  const { models, errors, unreadable } = await load({});
  assert.deepEqual([models.size, errors, unreadable], [0, [], []]);
});
