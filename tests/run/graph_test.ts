/**
 * The graph at work: what runs, in which order, what is blocked, and what selectors choose.
 *
 * @module
 */
import assert from "node:assert/strict";
import { ranModels, runSteps } from "../support/run_steps.ts";
import { tempProject } from "../support/temp_project.ts";

/** raw.a → mid.b → top.d, raw.c → mid.b, raw.c → top.e. */
const DIAMOND = {
  "models/raw/a.sql": "-- @tags: crm, daily\nSELECT 1 AS id",
  "models/raw/c.sql": "SELECT 2 AS id",
  "models/mid/b.sql": "SELECT id FROM raw.a UNION ALL SELECT id FROM raw.c",
  "models/top/d.sql": "-- @tags: crm\nSELECT sum(id) AS s FROM mid.b",
  "models/top/e.sql": "SELECT id FROM raw.c",
};

Deno.test("selectors choose models by name, direction, tag and glob", async (t) => {
  await using project = await tempProject(DIAMOND);
  await runSteps(project);
  const cases: readonly [selectors: string, models: string[]][] = [
    ["mid.b", ["mid.b"]],
    ["+mid.b", ["mid.b", "raw.a", "raw.c"]],
    ["mid.b+", ["mid.b", "top.d"]],
    ["+mid.b+", ["mid.b", "raw.a", "raw.c", "top.d"]],
    ["tag:crm", ["raw.a", "top.d"]],
    ["tag:daily+", ["mid.b", "raw.a", "top.d"]],
    ["top.*", ["top.d", "top.e"]],
    ["+top.?", ["mid.b", "raw.a", "raw.c", "top.d", "top.e"]],
    ["raw.a top.e", ["raw.a", "top.e"]],
    ["RAW.A", ["raw.a"]],
  ];
  for (const [selectors, models] of cases) {
    await t.step(selectors, async () => {
      assert.deepEqual(ranModels(await runSteps(project, `--full ${selectors}`)), models);
    });
  }
});

Deno.test("a selector that names nothing is a wrong call, and nothing runs", async () => {
  await using project = await tempProject(DIAMOND);
  for (
    const [selector, hint] of [["mid.bb", /mid\.b/], ["tag:cmr", /tag:crm/], [
      "x.*",
      /mart/,
    ]] as const
  ) {
    const { code, stderr, stdout } = await runSteps(project, selector);
    assert.equal(code, 2);
    assert.match(stderr, hint);
    assert.doesNotMatch(stdout, /run_started/);
  }
});

Deno.test("a model whose upstream never ran says what to run", async () => {
  await using project = await tempProject(DIAMOND);

  const { code, steps } = await runSteps(project, "top.d");

  assert.equal(code, 1);
  const error = steps["top.d"]?.error;
  assert.equal(error?.message, "Cannot run top.d: mid.b has no table yet");
  assert.match(error?.hint ?? "", /spoor run \+mid\.b/);
  assert.equal((await runSteps(project, "+top.d")).code, 0);
});

Deno.test("what failed blocks all below it, and nothing else", async () => {
  await using project = await tempProject({
    ...DIAMOND,
    "models/raw/a.sql": "SELECT json('{') AS id",
  });

  const { code, statuses, steps, finished } = await runSteps(project);

  assert.equal(code, 1);
  assert.deepEqual(statuses, {
    "raw.a": "failed",
    "raw.c": "ok",
    "mid.b": "blocked",
    "top.d": "blocked",
    "top.e": "ok",
  });
  assert.equal(steps["mid.b"]?.reason, "raw.a failed");
  assert.equal(steps["top.d"]?.reason, "mid.b is blocked");
  const { ok, failed, blocked, skipped } = finished ?? {};
  assert.deepEqual({ ok, failed, blocked, skipped }, { ok: 2, failed: 1, blocked: 2, skipped: 0 });
  const text = await project.run("run");
  assert.equal(text.code, 1);
  assert.match(text.stdout, /blocked\s+top\.d.*mid\.b is blocked/);
});

Deno.test("a cycle is printed, and nothing runs", async () => {
  await using project = await tempProject({
    "models/a/one.sql": "SELECT * FROM a.three",
    "models/a/two.sql": "SELECT * FROM a.one",
    "models/a/three.ts": `
      import { query, save } from "spoor";
      await save.rows(await query("SELECT * FROM a.two"));
    `,
    "models/b/beside.sql": "SELECT 1 AS id",
  });
  const { code, stderr, stdout } = await runSteps(project);
  assert.equal(code, 1);
  assert.match(stderr, /a\.\w+ → a\.\w+ → a\.\w+ → a\.\w+/);
  assert.doesNotMatch(stdout, /run_started/);
});

const DYNAMIC = `
  // @depends_on: raw.a
  import { query, save } from "spoor";
  for (const table of TABLES) {
    await save.rows(await query("SELECT id FROM raw." + table));
  }
`;

Deno.test("SQL that is put together reads what @depends_on names, and nothing else", async () => {
  await using project = await tempProject({
    ...DIAMOND,
    "models/dyn/ok.ts": DYNAMIC.replace("TABLES", `["a"]`),
    "models/dyn/outside.ts": DYNAMIC.replace("TABLES", `["a", "c"]`),
  });

  const { steps, statuses } = await runSteps(project);

  assert.equal(statuses["dyn.ok"], "ok");
  assert.equal(statuses["dyn.outside"], "failed");
  const error = steps["dyn.outside"]?.error;
  assert.match(error?.message ?? "", /it reads raw\.c, which the model does not declare/);
  assert.match(error?.hint ?? "", /@depends_on: raw\.a, raw\.c"/);
  assert.deepEqual(project.rows("SELECT 1 AS x FROM sqlite_schema WHERE name = 'dyn.outside'"), []);

  await project.write("models/raw/a.sql", "SELECT 3 AS id");
  assert.equal((await runSteps(project)).steps["dyn.ok"]?.reason, "raw.a changed");
});

Deno.test("spoor.yaml gives TypeScript models what they do not set", async () => {
  await using project = await tempProject({
    "spoor.yaml": "jobs: 1\ndefaults:\n  model_timeout: 1s\n",
    "models/a/slow.ts": "while (true) { await new Promise((r) => setTimeout(r, 50)); }",
    "models/a/own.ts": `
      // @model_timeout: 20s
      import { save } from "spoor";
      await new Promise((resolve) => setTimeout(resolve, 1500));
      await save.row({ id: 1 });
    `,
  });

  const { steps } = await runSteps(project);

  assert.match(steps["a.slow"]?.error?.message ?? "", /longer than its @model_timeout of 1\.0 s/);
  assert.equal(steps["a.own"]?.status, "ok");
});

/** Ten layers of twenty; each model reads two of the layer above. */
function layers(): Record<string, string> {
  const files: Record<string, string> = {};
  for (let i = 0; i < 20; i++) files[`models/l0/m${i}.sql`] = `SELECT ${i} AS v`;
  for (let layer = 1; layer < 10; layer++) {
    for (let i = 0; i < 20; i++) {
      const above = `l${layer - 1}`;
      files[`models/l${layer}/m${i}.sql`] =
        `SELECT a.v + b.v AS v FROM ${above}.m${i} AS a, ${above}.m${(i + 1) % 20} AS b`;
    }
  }
  return files;
}

Deno.test("two hundred models: all, none, and those below one that changed", async () => {
  await using project = await tempProject(layers());
  const first = await runSteps(project);
  assert.equal(first.finished?.ok, 200, first.stderr);

  const none = await runSteps(project);
  assert.equal(none.finished?.skipped, 200);

  await project.write("models/l5/m7.sql", "SELECT -1 AS v");
  const one = await runSteps(project);
  // One model wakes itself, then 2, 3, 4 and 5 of the layers below.
  assert.equal(one.finished?.ok, 1 + 2 + 3 + 4 + 5);

  await project.write("models/l9/m3.sql", "SELECT 0 AS v");
  assert.deepEqual(ranModels(await runSteps(project)), ["l9.m3"]);
});

Deno.test("--jobs 1 and --jobs 4 give the same tables", async () => {
  const files: Record<string, string> = { ...DIAMOND };
  for (const name of ["p", "q", "r", "s"]) {
    files[`models/ts/${name}.ts`] = `
      import { query, save } from "spoor";
      for await (const row of query("SELECT id FROM mid.b")) {
        await save.row({ id: row.id, name: "${name}" });
      }
    `;
  }
  files["models/end/all.sql"] = ["p", "q", "r", "s"].map((name) => `SELECT * FROM ts.${name}`)
    .join(" UNION ALL ");
  const tables = [];
  for (const jobs of [1, 4]) {
    await using project = await tempProject(files);
    const { code, output } = await runSteps(project, `--jobs ${jobs}`);
    assert.equal(code, 0, output);
    tables.push(project.rows("end.all"));
  }
  assert.equal(tables[0]?.length, 8);
  assert.deepEqual(tables[0], tables[1]);
});
