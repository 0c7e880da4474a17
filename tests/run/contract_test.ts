/**
 * What a program may rely on: exit codes, and `--json` line by line.
 *
 * @module
 */
import assert from "node:assert/strict";
import { runSteps } from "../support/run_steps.ts";
import { tempProject } from "../support/temp_project.ts";

const PROJECT = {
  "models/a/sql.sql": "SELECT 1 AS id",
  "models/a/talks.ts": `
    import { log, save } from "spoor";
    console.log("to the log", { a: 1 });
    log.warn("a warning");
    log.debug("more than most want");
    await save.row({ id: 1 });
  `,
  "models/a/fails.ts": `throw new Error("on purpose");`,
  "models/b/below.sql": "SELECT * FROM a.fails",
};

Deno.test("run --json prints objects with schema_version and type, and nothing else", async () => {
  await using project = await tempProject(PROJECT);

  const { events, stdout, stderr, finished, steps, code } = await runSteps(project);

  for (const line of stdout.trimEnd().split("\n")) {
    const event = JSON.parse(line);
    assert.equal(event.schema_version, 1, line);
    assert.equal(typeof event.type, "string", line);
  }
  assert.equal(stderr, "");
  assert.equal(code, 1);
  const types = events.map((event) => event.type);
  const [started] = events;
  assert.ok(started?.type === "run_started");
  const [recorded] = project.rows(`SELECT started_at FROM "spoor.runs"`);
  assert.equal(started.started_at, recorded?.started_at, "one time for one run");
  assert.equal(types.at(-1), "run_finished");
  const known = [
    "run_started",
    "model_started",
    "model_progress",
    "log",
    "model_finished",
    "run_finished",
  ];
  assert.deepEqual(types.filter((type) => !known.includes(type)), []);
  const ended = events.filter((event) => event.type === "model_finished").map((event) =>
    event.model
  );
  assert.deepEqual(ended.toSorted(), ["a.fails", "a.sql", "a.talks", "b.below"], "each once");
  assert.deepEqual(steps["a.sql"], {
    schema_version: 1,
    type: "model_finished",
    model: "a.sql",
    kind: "table",
    status: "ok",
    reason: "first run",
    changed: true,
    rows: 1,
    elapsed_ms: steps["a.sql"]?.elapsed_ms,
  } as unknown);
  assert.equal(steps["a.fails"]?.error?.message, "on purpose");
  assert.deepEqual(steps["a.fails"]?.error?.at?.path, "models/a/fails.ts");
  const { ok, failed, blocked, status, practice, requests } = finished ?? {};
  assert.deepEqual({ ok, failed, blocked, status, practice }, {
    ok: 2,
    failed: 1,
    blocked: 1,
    status: "failed",
    practice: false,
  });
  assert.deepEqual(requests, { sent: 0, accepted: 0, refused: 0, retries: 0 });
  const logs = events.filter((event) => event.type === "log");
  assert.deepEqual(logs.map((event) => [event.model, event.level]).slice(0, 2), [
    ["a.talks", "info"],
    ["a.talks", "warn"],
  ]);
});

Deno.test("exit codes: 0 all well, 1 something failed, 2 the call is wrong", async (t) => {
  await using project = await tempProject({ ...PROJECT, "spoor.yaml": "jobs: 2\n" });
  const cases: readonly [args: string, code: number][] = [
    ["run a.sql", 0],
    ["run a.sql a.talks --jobs 1", 0],
    ["run a.sql -j 3", 0],
    ["run", 1],
    ["run a.fails", 1],
    ["run a.nothing", 2],
    ["run --jobs 0", 2],
    ["run --jobs many", 2],
    ["run --nonsense", 2],
    ["run --resend a.sql", 2],
    ["run --project nowhere", 2],
  ];
  for (const [args, code] of cases) {
    await t.step(args, async () => {
      const result = await project.run(args);
      assert.equal(result.code, code, result.output);
      if (code === 2) assert.notEqual(result.stderr, "", "a wrong call is told on stderr");
    });
  }
});

Deno.test("a run that has nothing to do says so in one line", async () => {
  await using project = await tempProject({ "models/a/sql.sql": "SELECT 1 AS id" });
  await project.run("run");

  const { code, stdout, stderr } = await project.run("run");

  assert.equal(code, 0);
  assert.equal(stdout.trimEnd().split("\n").length, 1, stdout);
  assert.equal(stderr, "");
});

Deno.test("a project without models runs, and says that there is none", async () => {
  await using project = await tempProject();
  const { code, output } = await project.run("run");
  assert.equal(code, 0, output);
  assert.match(output, /no model|0 models/i);
});

Deno.test("a project is found from a folder inside it", async () => {
  await using project = await tempProject({ "models/a/deep/er/sql.sql": "SELECT 1 AS id" });
  const { code, output } = await project.run("run", { cwd: project.path("models/a/deep") });
  assert.equal(code, 0, output);
  assert.deepEqual(project.rows("a.sql"), [{ id: 1 }]);
});

Deno.test("files and folders that begin with _ or . are no models, and may be imported", async () => {
  await using project = await tempProject({
    "models/a/_part.ts": "export const one = 1;",
    "models/_lib/two.ts": "export const two: number = 2;",
    "models/.hidden/x.sql": "this is no SQL",
    "models/a/.draft.sql": "nor this",
    "models/a/sum.ts": `
      import { save } from "spoor";
      import { one } from "./_part.ts";
      import { two } from "../_lib/two.ts";
      await save.row({ sum: one + two });
    `,
  });
  const { statuses, output } = await runSteps(project);
  assert.deepEqual(statuses, { "a.sum": "ok" }, output);
  assert.deepEqual(project.rows("a.sum"), [{ sum: 3 }]);
});

Deno.test("a model that moves to another folder of its schema does not run anew", async () => {
  await using project = await tempProject({ "models/a/t.sql": "SELECT 1 AS id" });
  await runSteps(project);
  await project.remove("models/a/t.sql");
  await project.write("models/a/folder/t.sql", "SELECT 1 AS id");

  assert.deepEqual((await runSteps(project)).statuses, { "a.t": "skipped" });
});
