/**
 * A target that becomes another kind, another shape, or nothing at all.
 *
 * @module
 */
import assert from "node:assert/strict";
import { runSteps } from "../support/run_steps.ts";
import { tempProject } from "../support/temp_project.ts";

const BODY = "SELECT 1 AS id, 'a' AS name UNION ALL SELECT 2, 'b'";

Deno.test("a model may change its kind, and its readers see the same rows", async () => {
  await using project = await tempProject({
    "models/a/t.sql": BODY,
    "models/a/reader.sql": "SELECT id, name FROM a.t",
  });
  await runSteps(project);
  const kinds = ["view", "tracked", "table", "tracked", "view", "table"];
  for (const kind of kinds) {
    const key = kind === "tracked" ? "-- @unique_key: id\n" : "";
    await project.write("models/a/t.sql", `-- @kind: ${kind}\n${key}${BODY}`);

    const { code, output } = await runSteps(project);

    assert.equal(code, 0, output);
    // What a tracked model has is a view of its accepted rows, as long as these are the same rows.
    assert.deepEqual(
      project.rows("SELECT type FROM sqlite_schema WHERE name = 'a.t'"),
      [{ type: kind === "table" ? "table" : "view" }],
    );
    assert.deepEqual(project.rows('SELECT id, name FROM "a.t" ORDER BY id'), [
      { id: 1, name: "a" },
      { id: 2, name: "b" },
    ]);
    assert.equal("_content_hash" in (project.rows("a.t")[0] ?? {}), kind === "tracked");
    assert.deepEqual(project.rows('SELECT count(*) AS n FROM "a.reader"'), [{ n: 2 }]);
    const again = await runSteps(project);
    assert.deepEqual(again.statuses, { "a.t": "skipped", "a.reader": "skipped" }, kind);
  }
});

Deno.test("a TypeScript model may change from table to tracked and back", async () => {
  const header = "import { save } from 'spoor';\nfor (const id of [1, 2]) await save.row({ id });";
  await using project = await tempProject({ "models/a/t.ts": header });
  for (const kind of ["table", "tracked", "table"]) {
    const key = kind === "tracked" ? "// @unique_key: id\n" : "";
    await project.write("models/a/t.ts", `// @kind: ${kind}\n${key}${header}`);

    const { code, output } = await runSteps(project);

    assert.equal(code, 0, output);
    assert.deepEqual(project.rows('SELECT id FROM "a.t" ORDER BY id'), [{ id: 1 }, { id: 2 }]);
  }
  assert.deepEqual(project.rows("a.t"), [{ id: 1 }, { id: 2 }]);
});

Deno.test("a model may change from SQL to TypeScript to YAML", async () => {
  await using project = await tempProject({ "models/a/t.sql": "SELECT 1 AS id" });
  await runSteps(project);
  await project.remove("models/a/t.sql");
  await project.write("models/a/t.ts", `import { save } from "spoor"; await save.row({ id: 1 });`);
  const typescript = await runSteps(project);
  assert.equal(typescript.steps["a.t"]?.changed, false);

  await project.remove("models/a/t.ts");
  await project.write(
    "models/a/t.yaml",
    "kind: table\ndescription: ids\nsql: |\n  SELECT 3 AS id\n",
  );
  const yaml = await runSteps(project);
  assert.equal(yaml.statuses["a.t"], "ok", yaml.output);
  assert.deepEqual(project.rows("a.t"), [{ id: 3 }]);
});

Deno.test("columns that come and go are told, in --json and in plain words", async () => {
  const tracked = "-- @kind: tracked\n-- @unique_key: id\n";
  await using project = await tempProject({
    "models/a/t.sql": "SELECT 1 AS id, 'x' AS plan",
    "models/a/v.sql": "-- @kind: view\nSELECT * FROM a.t",
    "models/a/tracked.sql": `${tracked}SELECT id, plan FROM a.t`,
    // A row that comes twice makes the target a table of its own.
    "models/a/twice.sql": `${tracked}SELECT id, plan FROM a.t UNION ALL SELECT id, plan FROM a.t`,
    "models/a/reader.sql": "-- @kind: view\nSELECT id, plan FROM a.twice",
  });
  const first = await runSteps(project);
  assert.equal(first.steps["a.t"]?.column_changes, undefined);

  await project.write("models/a/t.sql", "SELECT 1 AS id, 'y' AS tier");
  const form = `SELECT id, tier FROM a.t`;
  await project.write("models/a/tracked.sql", `${tracked}${form}`);
  await project.write("models/a/twice.sql", `${tracked}${form} UNION ALL ${form}`);
  const json = await runSteps(project);
  assert.deepEqual(json.steps["a.t"]?.column_changes, ["+ tier", "- plan"]);
  for (const name of ["a.tracked", "a.twice"]) {
    assert.deepEqual(json.steps[name]?.column_changes, ["+ tier", "- plan"]);
    const names = Object.keys(project.rows(name)[0] ?? {}).toSorted();
    assert.deepEqual(names, ["_content_hash", "id", "tier"]);
  }
  assert.equal(project.rows("a.twice").length, 2);
  assert.match(json.steps["a.reader"]?.error?.message ?? "", /no such column: plan/);
  await project.remove("models/a/reader.sql");

  await project.write("models/a/t.sql", "SELECT 1 AS id, 'y' AS tier, 2 AS size");
  const { stdout } = await project.run("run");
  assert.match(stdout, /columns\s+\+ size/);
  assert.deepEqual(project.rows("a.v"), [{ id: 1, tier: "y", size: 2 }]);
});

Deno.test("columns in another order move a table's content", async () => {
  await using project = await tempProject({
    "models/a/t.sql": "SELECT 1 AS id, 'x' AS plan",
    "models/a/reader.sql": "SELECT * FROM a.t",
  });
  await runSteps(project);
  await project.write("models/a/t.sql", "SELECT 'x' AS plan, 1 AS id");

  const { steps } = await runSteps(project);

  assert.equal(steps["a.t"]?.changed, true);
  assert.deepEqual(Object.keys(project.rows("a.reader")[0] ?? {}), ["plan", "id"]);
});

Deno.test("views over views are read through by SQL and by TypeScript", async () => {
  await using project = await tempProject({
    "models/a/t.sql": "SELECT 1 AS id",
    "models/a/v1.sql": "-- @kind: view\nSELECT id AS one FROM a.t",
    "models/a/v2.sql": "-- @kind: view\nWITH x AS (SELECT one FROM a.v1) SELECT one AS two FROM x",
    "models/a/sql.sql": "SELECT two AS three FROM a.v2",
    "models/a/ts.ts": `
      import { query, save } from "spoor";
      for await (const row of query("SELECT two FROM a.v2")) await save.row(row);
    `,
  });

  const { code, output } = await runSteps(project);

  assert.equal(code, 0, output);
  assert.deepEqual([project.rows("a.sql"), project.rows("a.ts")], [[{ three: 1 }], [{ two: 1 }]]);

  await project.write("models/a/t.sql", "SELECT 2 AS id");
  await runSteps(project);
  assert.deepEqual([project.rows("a.sql"), project.rows("a.ts")], [[{ three: 2 }], [{ two: 2 }]]);
});

Deno.test("a view's rows are counted, and looked for, without a look at its columns", async () => {
  await using project = await tempProject({
    "models/a/t.sql": "SELECT 1 AS id UNION ALL SELECT 2",
    "models/a/v1.sql": "-- @kind: view\nSELECT id FROM a.t",
    "models/a/v2.sql": "-- @kind: view\nSELECT id FROM a.v1",
    "models/a/counted.sql": "SELECT count(*) AS n FROM a.v2",
    "models/a/found.sql": "SELECT 1 AS yes WHERE EXISTS (SELECT 1 FROM a.v1)",
  });

  const { code, output } = await runSteps(project);

  assert.equal(code, 0, output);
  assert.deepEqual(project.rows("a.counted"), [{ n: 2 }]);
  assert.deepEqual(project.rows("a.found"), [{ yes: 1 }]);
});

Deno.test("a view whose table lost a column fails, and what it was is still there", async () => {
  await using project = await tempProject({
    "models/a/t.sql": "SELECT 1 AS id, 2 AS size",
    "models/a/v.sql": "-- @kind: view\nSELECT size FROM a.t",
    "models/a/below.sql": "SELECT size FROM a.v",
  });
  await runSteps(project);
  await project.write("models/a/t.sql", "SELECT 1 AS id");

  const { statuses, steps } = await runSteps(project);

  assert.deepEqual(statuses, { "a.t": "ok", "a.v": "failed", "a.below": "blocked" });
  assert.match(steps["a.v"]?.error?.message ?? "", /no such column: size/);
  assert.deepEqual(project.rows("a.below"), [{ size: 2 }]);
});

Deno.test("a table without rows is a table", async () => {
  await using project = await tempProject({
    "models/a/t.sql": "SELECT 1 AS id WHERE 0",
    "models/a/reader.sql": "SELECT count(id) AS n FROM a.t",
  });
  const { steps } = await runSteps(project);

  assert.equal(steps["a.t"]?.rows, 0);
  assert.deepEqual(project.rows("a.reader"), [{ n: 0 }]);
  assert.deepEqual(Object.values((await runSteps(project)).statuses), ["skipped", "skipped"]);
});

/** `0 AS c0, 1 AS c1, …` */
function columns(count: number): string {
  return Array.from({ length: count }, (_, i) => `${i} AS c${i}`).join(", ");
}

Deno.test("a wide table is rebuilt and compared, and one that is too wide is refused", async () => {
  await using project = await tempProject({ "models/a/wide.sql": `SELECT ${columns(1_900)}` });
  await runSteps(project);
  const same = await runSteps(project, "--full");
  assert.equal(same.statuses["a.wide"], "ok", same.output);
  assert.equal(same.steps["a.wide"]?.changed, false);
  await project.write("models/a/wide.sql", `SELECT ${columns(1_899)}, 0 AS c1899`);
  assert.equal((await runSteps(project)).steps["a.wide"]?.changed, true);

  for (const count of [1_901, 2_001]) {
    await project.write("models/a/wide.sql", `SELECT ${columns(count)}`);
    const { steps, output } = await runSteps(project);
    assert.equal(steps["a.wide"]?.status, "failed");
    assert.match(steps["a.wide"]?.error?.message ?? "", /columns/);
    assert.ok(output.length < 3_000, "a line of SQL is not shown whole");
  }
});

Deno.test("rows that no table can hold fail the model, and are explained", async (t) => {
  const cases: readonly [what: string, code: string, says: RegExp][] = [
    ["an empty column name", `await save.row({ "": 1 });`, /one of its columns has an empty name/],
    ["no columns", `await save.row({});`, /it has no columns/],
    ["undefined", `await save.row({ a: undefined });`, /column "a" is undefined/],
    ["too many columns", `await save.row(Object.fromEntries(wide(0, 2_500)));`, /2500 columns/],
    [
      "too many columns, a few at a time",
      `for (const i of [0, 1, 2]) await save.row(Object.fromEntries(wide(i * 700, 700)));`,
      /2100 columns/,
    ],
    [
      "a name twice, caught by the model",
      `for (const row of [{ a: 1 }, { a: 1, A: 2 }]) void save.row(row).catch(() => {});`,
      /"a" and "A" are one column/,
    ],
  ];
  const wide =
    "const wide = (from, n) => Array.from({ length: n }, (_, i) => ['c' + (from + i), i]);";
  await using project = await tempProject(Object.fromEntries(
    cases.map((
      [, code],
      i,
    ) => [`models/a/m${i}.ts`, `import { save } from "spoor";\n${wide}\n${code}`]),
  ));
  const { steps } = await runSteps(project);
  for (const [index, [what, , says]] of cases.entries()) {
    await t.step(what, () => {
      assert.equal(steps[`a.m${index}`]?.status, "failed");
      const { message = "", at } = steps[`a.m${index}`]?.error ?? {};
      assert.match(message, says);
      assert.deepEqual([at?.path, at?.line], [`models/a/m${index}.ts`, 3]);
    });
  }
});

Deno.test("two columns of one name are refused, also where only the case differs", async () => {
  await using project = await tempProject({
    "models/a/sql.sql": "SELECT 1 AS id,\n 2 AS ID",
    "models/a/ts.ts": `import { save } from "spoor"; await save.row({ id: 1, ID: 2 });`,
  });
  const { steps } = await runSteps(project);

  assert.match(steps["a.sql"]?.error?.message ?? "", /two of its columns are named "ID"/);
  assert.equal(steps["a.ts"]?.status, "failed");
  assert.match(steps["a.ts"]?.error?.message ?? "", /"?ID"?/);
});
