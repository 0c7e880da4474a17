import assert from "node:assert/strict";
import { loadProject } from "~/project/load_project.ts";
import { type ProjectFiles, tempProject } from "../../../tests/support/temp_project.ts";
import type { AnalysisCache } from "./analysis_cache.ts";

async function load(files: ProjectFiles, analysisCache?: AnalysisCache) {
  await using project = await tempProject(files);
  return await loadProject({ root: project.root, ...(analysisCache && { analysisCache }) });
}

async function modelOf(files: ProjectFiles, name = "a.b") {
  const { models, errors } = await load(files);
  assert.deepEqual(errors.map((error) => error.message), []);
  const model = models.get(name);
  assert.ok(model, `${name} is not among ${[...models.keys()]}`);
  return model;
}

async function mistakesOf(files: ProjectFiles): Promise<string[]> {
  return (await load(files)).errors.map(({ at, message, hint }) =>
    `${at?.path}:${at?.line ?? ""} ${message} | ${hint}`
  );
}

Deno.test("a TypeScript model has its modules and the tables that its queries read", async () => {
  const model = await modelOf({
    "models/a/b.ts": `// @kind: tracked
// @unique_key: id
import { query, save } from "spoor";
import { plans } from "../_lib/plans.ts";
import type { Nothing } from "npm:nothing";
const rows = query(\`
  SELECT id
  FROM mart.customers
\`);
for await (const row of rows) await save.row({ ...row, plan: plans[0] });
`,
    "models/_lib/plans.ts": `import { query } from "spoor";
import names from "./names.json" with { type: "json" };
export const plans = await query.all("SELECT * FROM mart.plans JOIN MART.customers");
export default names;
`,
    "models/_lib/names.json": `["free"]`,
  });
  assert.deepEqual(model.references, [
    { table: "mart.customers", at: { path: "models/a/b.ts", line: 8 } },
    { table: "mart.plans", at: { path: "models/_lib/plans.ts", line: 3 } },
  ]);
  assert.deepEqual(model.modules?.map(({ path, imports }) => ({ path, imports })), [
    {
      path: "models/a/b.ts",
      imports: { "spoor": "spoor", "../_lib/plans.ts": "models/_lib/plans.ts" },
    },
    {
      path: "models/_lib/plans.ts",
      imports: { "spoor": "spoor", "./names.json": "models/_lib/names.json" },
    },
    { path: "models/_lib/names.json", imports: {} },
  ]);
  assert.equal(model.modules?.[2]?.source, `["free"]`);
  assert.deepEqual([model.hasDynamicQuery, model.queriesTables], [false, true]);
});

Deno.test("a TypeScript model reads the tables of its changes", async () => {
  const { references, queriesTables } = await modelOf({
    "models/a/b.ts": `// @kind: tracked
// @unique_key: id
import { changes } from "spoor";
await changes\`SELECT id FROM mart.customers\`.each(() => {});`,
  });
  assert.deepEqual(references, [
    { table: "mart.customers", at: { path: "models/a/b.ts", line: 4 } },
  ]);
  assert.equal(queriesTables, true);
});

Deno.test("a TypeScript model that reads no table is a source", async () => {
  const { queriesTables, hasDynamicQuery, references } = await modelOf({
    "models/a/b.ts":
      `import { query, save } from "spoor";\nawait save.rows(await query("SELECT 1 AS id"));`,
  });
  assert.deepEqual({ queriesTables, hasDynamicQuery, references }, {
    queriesTables: false,
    hasDynamicQuery: false,
    references: [],
  });
});

Deno.test("a query that is put together at run time needs @depends_on", async () => {
  const code = `import { query } from "spoor";\nawait query("SELECT " + 1);\n`;
  assert.deepEqual(await mistakesOf({ "models/a/b.ts": code }), [
    `models/a/b.ts:2 Cannot tell which tables "a.b" reads: the SQL of this query is put together at ` +
    `run time | Add "// @depends_on: schema.name" with all models that it reads to the header of ` +
    `"models/a/b.ts", or write the SQL as one string with "?" for its values.`,
  ]);
  const model = await modelOf({
    "models/a/b.ts": `// @depends_on: a.c\n${code}`,
    "models/a/c.sql": "SELECT 1",
  });
  assert.deepEqual([model.hasDynamicQuery, model.queriesTables], [true, true]);
  assert.deepEqual(model.references, [
    { table: "a.c", at: { path: "models/a/b.ts", line: 1 }, declared: true },
  ]);
});

const DELIVERS = "// @kind: tracked\n// @unique_key: id\n// @on_removed: deliver\n";

Deno.test("@on_removed: deliver of a model that reads by query() alone is a mistake, at its query", async () => {
  const model = (code: string, header = DELIVERS) => ({
    "models/raw/p.sql": "SELECT 1 AS id",
    "models/a/b.ts": `${header}import { changes, query } from "spoor";\n${code}\n`,
  });
  const words = "Cannot deliver what a.b removes: it reads by query(), which gives no removed " +
    `groups | Read with changes(), or set "@on_removed: forget".`;

  const lookUp = `await query.all("SELECT * FROM raw.p").each(() => {});`;
  const read = `await query("SELECT * FROM raw.p").each(() => {});`;
  const change = `await changes("SELECT * FROM raw.p").each(() => {});`;
  assert.deepEqual(await mistakesOf(model(`${lookUp}\n${read}`)), [`models/a/b.ts:6 ${words}`]);
  assert.deepEqual(
    await mistakesOf({
      ...model(read, DELIVERS.replace("// @on_removed: deliver\n", "")),
      "spoor.yaml": "defaults:\n  on_removed: deliver\n",
    }),
    [`models/a/b.ts:4 ${words}`],
    "by the project's default as well",
  );

  const fine = [
    model(change),
    // Which of them it comes to is not to be known.
    model(`if (Date.now() > 0) { ${change} } else { ${read} }`),
    model(
      `const read = changes; ${read.replace("query", "read")}`,
      `${DELIVERS}// @depends_on: raw.p\n`,
    ),
    model(lookUp),
    model(read, DELIVERS.replace("deliver", "keep")),
  ];
  for (const files of fine) assert.deepEqual(await mistakesOf(files), []);
});

Deno.test("SQL in TypeScript that is not one SELECT is told at its line", async () => {
  const code = `import { query } from "spoor";\nawait query(\`\n  -- x\n  DELETE FROM a.b\`);\n`;
  assert.match(
    (await mistakesOf({ "models/a/b.ts": code })).join(),
    /^models\/a\/b\.ts:4 Cannot read the SQL: it begins with "DELETE", which is not a query \| /,
  );
});

const ALLOWED =
  `A model may import "spoor" and, by relative paths, .ts, .js and .json files of the project.`;

const IMPORTS: [specifier: string, state: string, hint: string][] = [
  ["node:fs", "models have no Node modules", ALLOWED],
  ["npm:lodash@4", "models have no packages", `Copy what is needed into "lib/". ${ALLOWED}`],
  ["jsr:@std/csv", "models have no packages", `Copy what is needed into "lib/". ${ALLOWED}`],
  ["lodash", "models have no packages", `Copy what is needed into "lib/". ${ALLOWED}`],
  ["spor", "models have no packages", `Did you mean "spoor"?`],
  [
    "https://a.example/x.ts",
    "models import nothing by URL",
    `Copy the file into "lib/". ${ALLOWED}`,
  ],
  [
    "data:text/javascript,1",
    "models import nothing by URL",
    `Copy the file into "lib/". ${ALLOWED}`,
  ],
  ["file:///etc/x.json", "models import nothing by URL", `Copy the file into "lib/". ${ALLOWED}`],
  ["/etc/x.json", "it is an absolute path", ALLOWED],
  ["lib/crm.ts", "it is not a relative path", `Did you mean "../../lib/crm.ts"?`],
  ["crm.ts", "it is not a relative path", `Did you mean "./crm.ts"?`],
  ["../../../x.ts", "it is outside of the project", `Copy it into "lib/". ${ALLOWED}`],
  ["../../lib/crm", "its extension is none of .ts, .js, .json", `Did you mean "../../lib/crm.ts"?`],
  ["../../lib/crm.txt", "its extension is none of .ts, .js, .json", ALLOWED],
  ["../../lib/crm.js", "there is no such file", `Did you mean "../../lib/crm.ts"?`],
  ["../../lib/crn.ts", "there is no such file", `Did you mean "../../lib/crm.ts"?`],
  [
    "./lib/crm.ts",
    "there is no such file",
    `The file would be "models/a/lib/crm.ts"; paths are relative to the importing file.`,
  ],
  ["../../lib/folder.ts", "there is no such file", `Did you mean "../../lib/folder.ts"?`],
];

for (const [specifier, state, hint] of IMPORTS) {
  Deno.test(`the import "${specifier}" is a mistake`, async () => {
    assert.deepEqual(
      await mistakesOf({
        "models/a/b.ts": `// x\nimport "${specifier}";\n`,
        "lib/crm.ts": "",
        "lib/folder.ts/x.txt": "",
      }),
      [`models/a/b.ts:2 Cannot import "${specifier}": ${state} | ${hint}`],
    );
  });
}

Deno.test("an import by a link that leads out of the project is refused", async () => {
  await using outside = await tempProject({ "secret.json": "{}" });
  await using project = await tempProject({ "models/a/b.ts": `import x from "./x.json";\n` });
  await Deno.symlink(outside.path("secret.json"), project.path("models/a/x.json"));
  const { errors, models } = await loadProject({ root: project.root });
  assert.deepEqual(errors.map(({ message }) => message), [
    `Cannot import "./x.json": it is a link that leads out of the project`,
  ]);
  assert.deepEqual(models.get("a.b")?.modules?.map((module) => module.path), ["models/a/b.ts"]);
});

Deno.test("a cycle of imports is printed at the import that closes it", async () => {
  assert.deepEqual(
    await mistakesOf({
      "models/a/b.ts": `import "../_lib/one.ts";\n`,
      "models/_lib/one.ts": `// one\nimport "./two.ts";\n`,
      "models/_lib/two.ts": `// two\n\nimport "./one.ts";\n`,
    }),
    [
      `models/_lib/two.ts:3 Cannot import "./one.ts": "models/_lib/one.ts → models/_lib/two.ts → ` +
      `models/_lib/one.ts" is a cycle | Move what the files share into a file that imports none of them.`,
    ],
  );
});

Deno.test("a mistake in a shared file is told once", async () => {
  assert.deepEqual(
    (await mistakesOf({
      "models/a/b.ts": `import "../_lib/x.ts";\n`,
      "models/a/c.ts": `import "../_lib/x.ts";\n`,
      "models/_lib/x.ts": `import "node:fs";\n`,
    })).map((words) => words.split(" | ")[0]),
    [`models/_lib/x.ts:1 Cannot import "node:fs": models have no Node modules`],
  );
});

Deno.test("a syntax error is told at its line, beside what the header has wrong", async () => {
  const mistakes = await mistakesOf({ "models/a/b.ts": `// @kind: tabel\n\nconst = 1;\n` });
  assert.deepEqual(mistakes.map((words) => words.split(" ")[0]), [
    "models/a/b.ts:1",
    "models/a/b.ts:3",
  ]);
});

Deno.test("the fingerprint of a model moves with all that it imports", async () => {
  const fingerprint = async (lib: string, json: string) =>
    (await modelOf({
      "models/a/b.ts": `import "../_lib/x.ts";\n`,
      "models/_lib/x.ts": `import "./y.json";\n${lib}`,
      "models/_lib/y.json": json,
    })).fingerprint;
  const first = await fingerprint("", "1");
  assert.equal(await fingerprint("", "1"), first);
  assert.notEqual(await fingerprint("// x", "1"), first);
  assert.notEqual(await fingerprint("", "2"), first);
});

/** A cache that counts. */
class CountingCache implements AnalysisCache {
  readonly kept = new Map<string, string>();
  hits = 0;
  get(key: string): string | undefined {
    const json = this.kept.get(key);
    if (json !== undefined) this.hits++;
    return json;
  }
  set(key: string, json: string): void {
    this.kept.set(key, json);
  }
}

const CACHED_PROJECT = {
  "models/a/b.ts":
    `import { query } from "spoor";\nimport "../_lib/x.ts";\nawait query("SELECT * FROM a.c");\n`,
  "models/a/c.sql": "-- @kind: view\nSELECT *\nFROM a.d",
  "models/a/d.yaml": "kind: view\nsql: |\n  SELECT 1\n",
  "models/_lib/x.ts": "export {};\n",
};

Deno.test("what is known of a text is not found again, and gives the same models", async () => {
  const cache = new CountingCache();
  const first = await load(CACHED_PROJECT, cache);
  assert.equal(cache.hits, 0);
  const kept = cache.kept.size;

  const second = await load(CACHED_PROJECT, cache);

  assert.equal(kept, 5, "two modules, two SELECTs, one YAML file");
  assert.equal(cache.hits, 5);
  assert.equal(cache.kept.size, kept);
  assert.deepEqual([...second.models.values()], [...first.models.values()]);
  const plain = await load(CACHED_PROJECT);
  assert.deepEqual([...second.models.values()], [...plain.models.values()]);
});

Deno.test("a cache that holds rubbish does no harm", async () => {
  const rubbish = { get: () => "{", set: () => {} };
  const { models, errors } = await load(CACHED_PROJECT, rubbish);
  assert.deepEqual(errors, []);
  assert.equal(models.size, 3);
});

Deno.test("mistakes are told again although a cache is there", async () => {
  const files = {
    "models/a/b.ts": "const = 1;\n",
    "models/a/c.sql": "DROP x",
    "models/a/d.yaml": "kind: [\n",
  };
  const cache = new CountingCache();
  const first = await load(files, cache);
  const second = await load(files, cache);
  assert.equal(first.errors.length, 3);
  assert.deepEqual(second.errors.map(String), first.errors.map(String));
  assert.equal(cache.kept.size, 0);
});

Deno.test("a file that a hundred models import is read and analysed once", async () => {
  const cache = new CountingCache();
  const files: Record<string, string> = { "models/_lib/x.ts": "export {};\n" };
  for (let i = 0; i < 100; i++) files[`models/a/m${i}.ts`] = `// ${i}\nimport "../_lib/x.ts";\n`;
  await load(files, cache);
  assert.equal(cache.kept.size, 101);
  await load(files, cache);
  assert.equal(cache.hits, 101);
});
