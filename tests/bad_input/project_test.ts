/**
 * Mistakes in the call and in the project's own files.
 *
 * @module
 */
import assert from "node:assert/strict";
import { assertExplained, testMistakes } from "../support/mistake.ts";
import { runSpoor } from "../support/spoor.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { tempProject } from "../support/temp_project.ts";

const ONE_MODEL = { "models/mart/customers.sql": "SELECT 1 AS id" };
const TRACKED = `// @kind: tracked
// @unique_key: id
// @max_removed: 25%
// @max_changes: 7
import { query } from "spoor";
await query("SELECT id FROM mart.customers").each(() => {});
`;

testMistakes([
  {
    name: "a command that does not exist",
    files: ONE_MODEL,
    command: "rnu",
    code: 2,
    says: [`"spoor rnu"`],
    hint: /run/,
  },
  {
    name: "an option that does not exist",
    files: ONE_MODEL,
    command: "run --resnd",
    code: 2,
    says: ["--resnd"],
    hint: /--resend/,
  },
  {
    name: "a selector that selects nothing",
    files: ONE_MODEL,
    command: "run mart.custmers",
    code: 2,
    says: ["mart.custmers"],
    hint: /mart\.customers/,
  },
  {
    name: "a tag that no model has",
    files: ONE_MODEL,
    command: "run tag:crm",
    code: 2,
    says: ["crm"],
  },
  {
    name: "a number of jobs that is none",
    files: ONE_MODEL,
    command: "run --jobs many",
    code: 2,
    says: [`"many"`, "--jobs"],
  },
  {
    name: "settings of two documents",
    files: { ...ONE_MODEL, "spoor.yaml": "timeout: 1m\n---\nb: 2\n" },
    says: ['two parts, with a line "---" between them'],
    at: "spoor.yaml:2",
    hint: /Take the line "---" out/,
  },
  {
    name: "a folder in the place of a plan",
    files: ONE_MODEL,
    command: "apply models",
    says: ["Cannot read models: it is a folder"],
    code: 2,
  },
  {
    name: "a project folder that is not there",
    files: ONE_MODEL,
    command: "run --project nowhere",
    code: 2,
    says: ["nowhere"],
  },
  {
    name: "a model to describe that does not exist",
    files: ONE_MODEL,
    command: "describe mart.custmers",
    says: ["mart.custmers"],
    hint: /mart\.customers/,
    code: 2,
  },
  {
    name: "settings that do not exist",
    files: { ...ONE_MODEL, "spoor.yaml": "practise: true\n" },
    says: ["practise"],
    at: "spoor.yaml:1",
    hint: /practice/,
  },
  {
    name: "settings that are not YAML",
    files: { ...ONE_MODEL, "spoor.yaml": "practice: [\n" },
    says: [/Cannot/],
    at: "spoor.yaml:2",
  },
  {
    name: "a setting of the wrong type",
    files: { ...ONE_MODEL, "spoor.yaml": "# settings\npractice: maybe\n" },
    says: ["maybe"],
    at: "spoor.yaml:2",
  },
  ...["run", "validate"].map((command) => ({
    name: `a line of .env that is none, by ${command},`,
    files: { ...ONE_MODEL, ".env": "A=1\njust words with hunter2\n" },
    command,
    says: [/Cannot/],
    at: ".env:2",
  })),
]);

Deno.test("a project that is not there is explained, and init is suggested", async () => {
  using folder = tempFolder();
  for (const command of ["run", "validate", "history", "query x"]) {
    const result = await runSpoor(command, { cwd: folder.path });
    assertExplained(result, { says: [/project/], hint: /spoor init/, code: 2 });
  }
  assert.deepEqual([...Deno.readDirSync(folder.path)], []);
});

Deno.test("a table to query that does not exist is explained", async () => {
  await using project = await tempProject(ONE_MODEL);
  await project.run("run");

  const result = await project.run("query mart.custmers");

  assertExplained(result, { code: 2, says: ["mart.custmers"], hint: /mart\.customers/ });
});

testMistakes([
  {
    name: "a model to adopt that is not among those that run",
    files: { ...ONE_MODEL, "models/sync/crm.ts": TRACKED },
    command: "run mart.customers --adopt sync.crm",
    code: 2,
    says: ["Cannot adopt sync.crm: it is not among the models to run"],
    hint: /spoor run sync\.crm --adopt sync\.crm/,
  },
  {
    name: "the same in a practice run",
    files: { ...ONE_MODEL, "models/sync/crm.ts": TRACKED },
    command: "run mart.customers --resend sync.crm --practice",
    code: 2,
    says: ["Cannot resend sync.crm: it is not among the models to run"],
    hint: /spoor run sync\.crm --resend sync\.crm --practice/,
  },
  {
    name: "a model to adopt and to send again in one run",
    files: { ...ONE_MODEL, "models/sync/crm.ts": TRACKED },
    command: "run --adopt sync.crm --resend sync.crm",
    code: 2,
    says: ["Cannot adopt sync.crm and send all of it again"],
    hint: /one of/,
  },
]);

Deno.test("a budget of removals by default is for models that remove, and passed over by others", async () => {
  await using project = await tempProject({
    "spoor.yaml": "defaults:\n  max_removed: 5%\n  max_attempts: 3\n",
    "models/raw/a.ts":
      `// @kind: tracked\n// @unique_key: id\n// @on_removed: keep\nimport { query } from "spoor";\nawait query("SELECT 1 AS id").each(() => {});\n`,
    "models/raw/b.ts":
      `// @kind: tracked\n// @unique_key: id\nimport { save } from "spoor";\nawait save.row({ id: 1 });\n`,
  });

  const { code, output } = await project.run("validate");

  assert.equal(code, 0, output);
});

Deno.test("budgets are described as they are written", async () => {
  await using project = await tempProject({ ...ONE_MODEL, "models/sync/crm.ts": TRACKED });
  const { stdout } = await project.run("describe sync.crm");
  assert.match(stdout, /@max_removed +25%/);
  assert.match(stdout, /@max_changes +7$/m);
});

Deno.test("faults that are none are explained, and are no run", async () => {
  await using project = await tempProject(ONE_MODEL);
  await project.run("run --practice");

  const result = await project.run("run --practice --faults bogus");

  assertExplained(result, { says: [`"bogus"`], hint: /429/, code: 2 });
  const { stdout } = await project.run("history --practice --json");
  assert.equal(stdout.trim().split("\n").length, 1, stdout);
});

Deno.test("init does not overwrite what is there", async () => {
  await using project = await tempProject({ ...ONE_MODEL, "spoor.yaml": "# mine\n" });

  const result = await project.run("init");

  assertExplained(result, { says: [/spoor\.yaml|models|project/], code: 1 });
  assert.equal(await project.read("spoor.yaml"), "# mine\n");
});

Deno.test("an error is printed on stderr, and stdout stays clean for --json", async () => {
  await using project = await tempProject({ "models/a/b.sql": "-- @kind: tabel\nSELECT 1" });

  const { code, stdout, stderr } = await project.run("run --json");

  assert.equal(code, 1);
  assert.match(stderr + stdout, /tabel/);
  for (const line of stdout.split("\n").filter(Boolean)) {
    assert.equal(typeof JSON.parse(line), "object");
  }
});

Deno.test("a column in the list of a YAML model needs no more quotes, and a tracked table is described without types", async () => {
  await using project = await tempProject({
    "models/mart/a.yaml":
      `kind: tracked\nunique_key: [id, my col, "\\"b c\\""]\nsql: SELECT 1 AS id, 2 AS "my col", 'x' AS "b c"\n`,
    "models/mart/b.sql": "SELECT CAST(1 AS INT) AS n",
  });
  const { code, output } = await project.run("run");
  assert.equal(code, 0, output);

  const described = (await project.run("describe mart.a")).stdout;
  assert.match(described, /^column\n(?:-+\n)?id\nmy col\nb c\n/m);
  assert.doesNotMatch(described, /BLOB|type/);
  assert.match((await project.run("describe mart.b")).stdout, /^n +INT$/m);
});
