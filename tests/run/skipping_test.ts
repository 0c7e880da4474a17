/**
 * What wakes a model and what does not.
 *
 * @module
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { changedModels, ranModels, runSteps } from "../support/run_steps.ts";
import { type TempProject, tempProject } from "../support/temp_project.ts";

/** `a.source` changes its text with each case; `a.reader` shows whether it woke. */
const READER = "SELECT count(*) AS n FROM a.source";

const AWAKE: readonly [what: string, before: string, after: string][] = [
  ["one changed value", "VALUES (1, 'a'), (2, 'b')", "VALUES (1, 'a'), (2, 'c')"],
  ["one more row", "VALUES (1, 'a')", "VALUES (1, 'a'), (2, 'b')"],
  ["one row less", "VALUES (1, 'a'), (2, 'b')", "VALUES (1, 'a')"],
  ["NULL for an empty text", "VALUES (1, '')", "VALUES (1, NULL)"],
  ["an empty blob for an empty text", "VALUES (1, '')", "VALUES (1, x'')"],
  ["a text for a number", "VALUES (1, 1)", "VALUES (1, '1')"],
  ["another case", "VALUES (1, 'a')", "VALUES (1, 'A')"],
  ["one space more", "VALUES (1, 'a')", "VALUES (1, 'a ')"],
  ["what stands behind a NUL", "VALUES (1, 'a' || char(0) || 'b')", "VALUES (1, 'a' || char(0))"],
  ["an integer past 2^53", "VALUES (1, 9007199254740992)", "VALUES (1, 9007199254740993)"],
  [
    "a row twice for another",
    "VALUES (1, 'a'), (1, 'a'), (2, 'b')",
    "VALUES (1,'a'),(2,'b'),(2,'b')",
  ],
  ["values that swap their columns", "VALUES (1, 2)", "VALUES (2, 1)"],
  ["another column name", "SELECT 1 AS a", "SELECT 1 AS b"],
  [
    "another value beside a NULL in a column named rowid",
    "SELECT NULL AS rowid, 1 AS x",
    "SELECT NULL AS rowid, 2 AS x",
  ],
  [
    "another value where every name of the rowid is a column",
    "SELECT NULL AS rowid, NULL AS oid, NULL AS _rowid_, 1 AS x",
    "SELECT NULL AS rowid, NULL AS oid, NULL AS _rowid_, 2 AS x",
  ],
];

const ASLEEP: readonly [what: string, before: string, after: string][] = [
  ["a comment", "VALUES (1, 'a')", "VALUES (1, 'a') -- the same"],
  [
    "another order of rows",
    "VALUES (1, 'a'), (2, 'b'), (3, NULL)",
    "VALUES (3, NULL), (1, 'a'), (2, 'b')",
  ],
  [
    "another way to the same rows",
    "SELECT 1 AS id, 'ab' AS text",
    "SELECT 2 - 1 AS id, 'a' || 'b' AS text",
  ],
  ["1.0 for 1", "VALUES (1, 1)", "VALUES (1, 1.0)"],
  ["no rows, again", "SELECT 1 AS a WHERE 0", "SELECT 1 AS a WHERE 1 = 2"],
];

/** All cases are one project, so that two runs do for all. */
async function runCases(cases: typeof AWAKE) {
  const project = await tempProject();
  for (const [index, [, before]] of cases.entries()) {
    await project.write(`models/s${index}/source.sql`, before);
    await project.write(`models/s${index}/reader.sql`, READER.replace("a.", `s${index}.`));
  }
  const first = await runSteps(project);
  assert.equal(first.code, 0, first.output);
  for (const [index, [, , after]] of cases.entries()) {
    await project.write(`models/s${index}/source.sql`, after);
  }
  return { project, second: await runSteps(project) };
}

Deno.test("a table that moved wakes its readers, whatever moved in it", async (t) => {
  const { project, second } = await runCases(AWAKE);
  await using _project = project;
  for (const [index, [what]] of AWAKE.entries()) {
    await t.step(what, () => {
      assert.equal(second.statuses[`s${index}.reader`], "ok");
      assert.equal(second.steps[`s${index}.reader`]?.reason, `s${index}.source changed`);
    });
  }
});

Deno.test("a table that is rebuilt with the same rows wakes nobody", async (t) => {
  const { project, second } = await runCases(ASLEEP);
  await using _project = project;
  for (const [index, [what]] of ASLEEP.entries()) {
    await t.step(what, () => {
      assert.equal(second.statuses[`s${index}.source`], "ok");
      assert.equal(second.steps[`s${index}.source`]?.changed, false);
      assert.equal(second.statuses[`s${index}.reader`], "skipped");
    });
  }
});

const LIBRARY: Record<string, string> = {
  "models/a/numbers.sql": "SELECT 1 AS id",
  "models/a/doubled.ts": `
    import { query, save } from "spoor";
    import { double } from "../../lib/double.ts";
    for await (const row of query("SELECT id FROM a.numbers")) await save.row({ id: double(row.id) });
  `,
  "lib/double.ts": `
    import settings from "./factor.json" with { type: "json" };
    export const double = (value) => value * settings.factor;
  `,
  "lib/factor.json": `{ "factor": 2 }`,
  "lib/other.ts": "export const other = 1;",
};

Deno.test("a model runs anew when its file, what it imports or a directive changed", async () => {
  await using project = await tempProject(LIBRARY);
  await runSteps(project);
  assert.deepEqual(ranModels(await runSteps(project)), []);

  await project.write("lib/other.ts", "export const other = 2;");
  assert.deepEqual(ranModels(await runSteps(project)), [], "a file that nobody imports");

  await project.write("lib/factor.json", `{ "factor": 3 }`);
  const imported = await runSteps(project);
  assert.deepEqual(ranModels(imported), ["a.doubled"]);
  assert.equal(imported.steps["a.doubled"]?.reason, "definition changed");
  assert.deepEqual(project.rows("a.doubled"), [{ id: 3 }]);

  await project.write("models/a/numbers.sql", "-- @tags: x\nSELECT 1 AS id");
  const directive = await runSteps(project);
  assert.deepEqual(ranModels(directive), ["a.numbers"]);
  assert.deepEqual(changedModels(directive), []);
});

Deno.test("a volatile model runs every time, and wakes readers only when its rows moved", async () => {
  await using project = await tempProject({
    "models/a/now.sql": "-- @volatile: true\nSELECT 1 AS id",
    "models/a/reader.sql": "SELECT * FROM a.now",
  });
  await runSteps(project);
  const second = await runSteps(project);

  assert.equal(second.steps["a.now"]?.reason, "@volatile");
  assert.equal(second.statuses["a.now"], "ok");
  assert.equal(second.statuses["a.reader"], "skipped");
});

/** Changes the state file from outside. */
function change(project: TempProject, sql: string): void {
  using database = new DatabaseSync(project.path(".spoor/spoor.db"));
  database.exec(sql);
}

Deno.test("a target that was dropped by hand is made again", async () => {
  await using project = await tempProject({
    "models/a/t.sql": "SELECT 1 AS id",
    "models/a/v.sql": "-- @kind: view\nSELECT * FROM a.t",
  });
  await runSteps(project);
  change(project, `DROP VIEW "a.v"; DROP TABLE "a.t";`);

  const { steps, code } = await runSteps(project);

  assert.equal(code, 0);
  assert.equal(steps["a.t"]?.reason, "its table is missing");
  assert.deepEqual(project.rows("a.v"), [{ id: 1 }]);
});

Deno.test("a table that no model makes is read anew by every run", async () => {
  await using project = await tempProject({ "models/a/t.sql": "SELECT 1 AS id" });
  await runSteps(project);
  change(project, `CREATE TABLE "outside.rates" (rate); INSERT INTO "outside.rates" VALUES (1)`);
  await project.write("models/a/reader.sql", "SELECT * FROM outside.rates");
  await project.write("models/a/below.sql", "SELECT * FROM a.reader");
  await runSteps(project);

  const same = await runSteps(project);
  assert.equal(same.steps["a.reader"]?.reason, "it reads outside.rates, which no model makes");
  assert.equal(same.statuses["a.below"], "skipped");

  change(project, `UPDATE "outside.rates" SET rate = 2`);
  assert.deepEqual(changedModels(await runSteps(project)), ["a.below", "a.reader"]);
});

Deno.test("a removed model leaves its table, and its reader is a mistake until it reads a table of the user's own", async () => {
  await using project = await tempProject({
    "models/a/old.sql": "SELECT 1 AS id",
    "models/a/reader.sql": "-- Reads.\nSELECT * FROM a.old",
  });
  await runSteps(project);
  await project.remove("models/a/old.sql");

  for (const command of ["validate", "plan", "run"]) {
    const { code, output } = await project.run(command);
    assert.equal(code, 1, output);
    assert.match(
      output,
      /Cannot read the table "a\.old": the project no longer has the model that made it/,
    );
    assert.match(output, /at models\/a\/reader\.sql:2/);
  }
  const [, sql = ""] = /(CREATE TABLE .+), by any SQLite program/.exec(
    (await project.run("validate")).output,
  ) ?? [];
  change(project, sql);
  await project.write("models/a/reader.sql", "SELECT * FROM kept.old");

  assert.equal((await project.run("validate")).code, 0);
  const { steps, code } = await runSteps(project);
  assert.equal(code, 0);
  assert.deepEqual([project.rows("a.old"), project.rows("a.reader")], [[{ id: 1 }], [{ id: 1 }]]);
  assert.equal(steps["a.reader"]?.reason, "definition changed");
});

Deno.test("a model that was renamed is named to those that still read it by its former name", async () => {
  await using project = await tempProject({
    "models/mart/customers.sql": "SELECT 1 AS id",
    "models/a/reader.sql": "SELECT * FROM mart.customers",
  });
  await runSteps(project);
  await project.remove("models/mart/customers.sql");
  await project.write("models/mart/clients.sql", "SELECT 1 AS id");

  const { code, stderr } = await project.run("run");

  assert.equal(code, 1);
  assert.match(stderr, /hint: Did you mean "mart\.clients"\?/);
});

Deno.test("a renamed model makes its new table and leaves the old one", async () => {
  await using project = await tempProject({ "models/a/old.sql": "SELECT 1 AS id" });
  await runSteps(project);
  await project.remove("models/a/old.sql");
  await project.write("models/a/new.sql", "SELECT 1 AS id");

  const { steps } = await runSteps(project);

  assert.equal(steps["a.new"]?.reason, "first run");
  assert.deepEqual([project.rows("a.old"), project.rows("a.new")], [[{ id: 1 }], [{ id: 1 }]]);
});

Deno.test("a model whose name changes its case keeps its one table", async () => {
  await using project = await tempProject({ "models/a/Orders.sql": "SELECT 1 AS id" });
  await runSteps(project);
  await project.remove("models/a/Orders.sql");
  await project.write("models/a/orders.sql", "SELECT 2 AS id");

  const { code, output } = await runSteps(project);

  assert.equal(code, 0, output);
  assert.deepEqual(project.rows("a.orders"), [{ id: 2 }]);
  assert.equal((await runSteps(project)).statuses["a.orders"], "skipped");
});

Deno.test("--full runs every model, and what gives the same rows stays as it is", async () => {
  await using project = await tempProject(LIBRARY);
  await runSteps(project);

  const full = await runSteps(project, "--full");

  assert.deepEqual(ranModels(full), ["a.doubled", "a.numbers"]);
  assert.deepEqual(changedModels(full), []);
});

Deno.test("a model that failed runs again though nothing changed", async () => {
  await using project = await tempProject({
    "models/a/t.sql": "SELECT json('{') AS j",
    "models/a/below.sql": "SELECT * FROM a.t",
  });
  for (const _ of [1, 2]) {
    const { statuses, code } = await runSteps(project);
    assert.deepEqual(statuses, { "a.t": "failed", "a.below": "blocked" });
    assert.equal(code, 1);
  }
});

Deno.test("a model that failed below a table that moved runs when it is mended", async () => {
  await using project = await tempProject({
    "models/a/t.sql": "SELECT 1 AS id",
    "models/a/below.sql": "SELECT id FROM a.t",
  });
  await runSteps(project);
  await project.write("models/a/t.sql", "SELECT 2 AS id, json('{') AS j");
  assert.deepEqual((await runSteps(project)).statuses, { "a.t": "failed", "a.below": "blocked" });
  assert.deepEqual(project.rows("a.below"), [{ id: 1 }]);

  await project.write("models/a/t.sql", "SELECT 2 AS id");
  assert.deepEqual(changedModels(await runSteps(project)), ["a.below", "a.t"]);
  assert.deepEqual(project.rows("a.below"), [{ id: 2 }]);
});
