/**
 * The state file: killed runs, what they leave, and the lock. Files that are damaged or foreign are
 * in `tests/bad_input/state_test.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { runSteps } from "../support/run_steps.ts";
import { killAfter } from "../support/spoor.ts";
import { type TempProject, tempProject } from "../support/temp_project.ts";

const STATE = ".spoor/spoor.db";

/** Counts to a hundred million, which takes seconds; then one row. */
const SLOW_SQL = `
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000)
  SELECT max(i) AS m FROM n
`;

function integrityOf(project: TempProject): unknown {
  return project.rows("PRAGMA integrity_check")[0]?.["integrity_check"];
}

function stagesOf(project: TempProject): unknown[] {
  return project.rows("SELECT name FROM sqlite_schema WHERE name LIKE 'spoor.stage%'");
}

Deno.test("a run killed in a SQL statement leaves what was there, and the next is right", async () => {
  await using project = await tempProject({
    "models/a/first.sql": "SELECT 1 AS id",
    "models/b/slow.sql": "SELECT 1 AS m",
  });
  await runSteps(project);
  await project.write("models/b/slow.sql", SLOW_SQL);
  await project.write("models/a/first.sql", "SELECT 2 AS id");
  await using running = project.start("run --json");
  await killAfter(running, running.waitFor(/"model_started","model":"b\.slow"/));

  assert.equal(integrityOf(project), "ok");
  assert.deepEqual(project.rows("b.slow"), [{ m: 1 }]);
  await project.write("models/b/slow.sql", "SELECT 3 AS m");
  const next = await runSteps(project);

  assert.equal(next.code, 0, next.output);
  assert.deepEqual(project.rows("a.first"), [{ id: 2 }]);
  assert.deepEqual(project.rows("b.slow"), [{ m: 3 }]);
  const runs = project.rows(`SELECT status FROM "spoor.runs" ORDER BY id`);
  assert.deepEqual(runs.map((run) => run["status"]), ["ok", "died", "ok"]);
});

Deno.test("a run killed while a model saves leaves the old table, and its stage is dropped", async () => {
  const model = (rows: number, wait: string) => `
    import { log, save } from "spoor";
    for (let i = 0; i < ${rows}; i++) await save.row({ i });
    log.info("half way");
    ${wait}
  `;
  await using project = await tempProject({ "models/a/t.ts": model(3, "") });
  await runSteps(project);
  await project.write(
    "models/a/t.ts",
    model(5_000, "await new Promise(() => setInterval(() => {}, 1e6));"),
  );
  await using running = project.start("run");
  await killAfter(running, running.waitFor(/half way/));

  assert.equal(integrityOf(project), "ok");
  assert.equal(stagesOf(project).length, 1, "the kill came too early or too late");
  assert.equal(project.rows("a.t").length, 3);

  await project.write("models/a/t.ts", model(7, ""));
  const next = await runSteps(project);

  assert.equal(next.code, 0, next.output);
  assert.equal(project.rows("a.t").length, 7);
  assert.deepEqual(stagesOf(project), []);
});

Deno.test("killed after any of its models, the file is whole and the next run is right", async () => {
  const files: Record<string, string> = {};
  for (let i = 0; i < 8; i++) {
    files[`models/a/s${i}.sql`] =
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000) SELECT i, ${i} AS s FROM n`;
    files[`models/b/t${i}.sql`] = `SELECT count(*) AS n, sum(s) AS s FROM a.s${i}`;
  }
  await using project = await tempProject(files);
  let cutOff = 0;
  for (const finished of [0, 1, 4, 8, 12]) {
    await using running = project.start("run --json --full");
    const events = new RegExp(`model_started(?:[^]*model_finished){${finished}}`);
    await running.waitFor(events);
    running.kill("SIGKILL");
    const { code } = await running.result;
    if (code !== 0) cutOff++;
    assert.equal(integrityOf(project), "ok");
  }
  assert.ok(cutOff > 0, "no run was killed in its midst");
  const next = await runSteps(project);

  assert.equal(next.code, 0, next.output);
  for (let i = 0; i < 8; i++) {
    assert.deepEqual(project.rows(`b.t${i}`), [{ n: 30_000, s: 30_000 * i }]);
  }
});

Deno.test("killed among many small models, each is whole with its record or not done", async () => {
  const models = 600;
  await using project = await tempProject(Object.fromEntries(
    Array.from({ length: models }, (_, i) => [
      `models/a/m${i}.sql`,
      i === 0 ? "SELECT 1 AS n" : `SELECT n + 1 AS n FROM a.m${i - 1}`,
    ]),
  ));
  let cutOff = 0;
  for (let kill = 0; kill < 4; kill++) {
    await using running = project.start("run --json");
    // Not before something was committed, and while the rest is under way.
    await killAfter(running, running.waitFor(/model_finished.*"status":"ok"/));

    assert.equal(integrityOf(project), "ok");
    const tables = project.rows(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'a.m%' ORDER BY name`,
    ).map(({ name }) => name);
    const states = project.rows(`SELECT model FROM "spoor.models" ORDER BY model`);
    const steps = project.rows(`SELECT DISTINCT model FROM "spoor.steps" ORDER BY model`);
    assert.deepEqual(states.map(({ model }) => model), tables);
    assert.deepEqual(steps.map(({ model }) => model), tables);
    // Where this process was kept waiting, a run may be through before it is killed.
    if (tables.length === models) break;
    cutOff++;
  }
  assert.ok(cutOff > 0, "no run was killed in its midst");
  assert.equal((await project.run("run")).code, 0);
  assert.deepEqual(project.rows(`a.m${models - 1}`), [{ n: models }]);
});

Deno.test("a write-ahead log that was left behind is taken up", async () => {
  await using project = await tempProject({ "models/a/t.sql": "SELECT 1 AS id" });
  await runSteps(project);
  {
    using database = new DatabaseSync(project.path(STATE));
    database.exec(`PRAGMA wal_autocheckpoint = 0; CREATE TABLE "outside.t" AS SELECT 7 AS id`);
    for (const end of ["", "-wal", "-shm"]) {
      await Deno.copyFile(project.path(STATE + end), project.path(`copy${end}`));
    }
  }
  for (const end of ["", "-wal"]) {
    await Deno.copyFile(project.path(`copy${end}`), project.path(STATE + end));
  }
  await project.write("models/a/r.sql", "SELECT id FROM outside.t");

  const { code, output } = await runSteps(project);

  assert.equal(code, 0, output);
  assert.deepEqual(project.rows("a.r"), [{ id: 7 }]);
});

Deno.test("a state file that another program keeps locked is explained", async () => {
  await using project = await tempProject({ "models/a/t.sql": "SELECT 1 AS id" });
  await runSteps(project);
  using database = new DatabaseSync(project.path(STATE));
  database.exec("BEGIN IMMEDIATE");

  const { code, stderr } = await project.run("run --full");

  assert.equal(code, 1);
  assert.match(stderr, /Cannot use \S+spoor\.db: another program has it locked/);
  assert.doesNotMatch(stderr, /not a mistake of yours/);
});

Deno.test("an empty state file is as good as none", async () => {
  await using project = await tempProject({ "models/a/t.sql": "SELECT 1 AS id" });
  await project.write(STATE, "");
  assert.equal((await runSteps(project)).code, 0);
  assert.deepEqual(project.rows("a.t"), [{ id: 1 }]);
});

/** A model that runs until it is killed. */
const WAITS = `
  import { log } from "spoor";
  log.info("waiting");
  await new Promise(() => setInterval(() => {}, 1e6));
`;

Deno.test("of two runs at once, the second says who holds the lock and since when", async () => {
  await using project = await tempProject({ "models/a/t.ts": WAITS });
  const before = new Date().toISOString();
  await using first = project.start("run");
  await first.waitFor(/waiting/);
  const after = new Date().toISOString();

  const second = await runSteps(project);

  assert.equal(second.code, 1);
  assert.match(second.stderr, RegExp(`process ${first.pid}\\b`));
  const [, since = ""] = /since (\S+Z)/.exec(second.stderr) ?? [];
  assert.ok(before <= since && since <= after, second.stderr);
  assert.match(second.stderr, /spoor run/);
  assert.deepEqual(project.rows(`SELECT status FROM "spoor.runs"`), [{ status: "running" }]);

  const practice = await project.run("run --practice a.none");
  assert.match(practice.output, /is not a model/, "a practice run has its own state and lock");
});

Deno.test("a dead holder's lock is taken over", async () => {
  await using project = await tempProject({ "models/a/t.ts": WAITS });
  await using first = project.start("run");
  await killAfter(first, first.waitFor(/waiting/));
  await project.write("models/a/t.ts", `import { save } from "spoor"; await save.row({ id: 1 });`);

  const { code, output } = await runSteps(project);

  assert.equal(code, 0, output);
  assert.equal((await runSteps(project)).code, 0, "and given back");
});

Deno.test("a lock file that names a living process which holds nothing is taken over", async () => {
  await using project = await tempProject({ "models/a/t.sql": "SELECT 1 AS id" });
  // After a restart of the machine a dead holder's number is soon another process's.
  const holder = { pid: Deno.pid, since: "2026-01-01T00:00:00.000Z", command: "spoor run" };
  await project.write(".spoor/spoor.lock", JSON.stringify(holder));

  const { code, output } = await runSteps(project);

  assert.equal(code, 0, output);
});

Deno.test("who is locked out is told of what was asked for, and by whom", async () => {
  await using project = await tempProject({
    "models/a/t.ts": WAITS,
    "models/a/one.sql": "SELECT 1 AS id",
  });
  assert.equal((await project.run("plan a.one -o plan.json")).code, 0);

  for (const [practice, calls] of Object.entries(LOCKED_OUT)) {
    await using running = project.start(`run${practice}`);
    await running.waitFor(/waiting/);
    const holder = `process ${running.pid} ("spoor run${practice}") has held the lock since`;
    for (const [call, purpose] of calls) {
      const { code, stderr } = await project.run(call);
      assert.ok(stderr.includes(`error: Cannot ${purpose}: ${holder}`), `${call}: ${stderr}`);
      assert.equal(code, 1, call);
    }
  }
});

/** What is called beside `spoor run`, with these words after it, and what then cannot be done. */
const LOCKED_OUT: Readonly<Record<string, readonly (readonly [call: string, cannot: string])[]>> = {
  "": [["run", "run"], ["plan", "make a plan"], ["apply plan.json", "apply the plan"]],
  " --practice": [
    ["run --practice", "run"],
    ["plan --practice", "make a plan"],
    ["practice --clear", "forget all practice"],
  ],
};

Deno.test("runs that begin at the same moment on no state do not get in each other's way", async () => {
  await using project = await tempProject({ "models/a/t.sql": "SELECT 1 AS id" });

  const results = await Promise.all([1, 2, 3].map(() => project.run("run")));

  for (const { code, output } of results) {
    if (code !== 0) assert.match(output, /Cannot run: .*holds? the lock|has held the lock/);
  }
  assert.ok(results.some(({ code }) => code === 0));
  assert.deepEqual(project.rows("a.t"), [{ id: 1 }]);
});

Deno.test("a state file whose first run was killed before it had made its tables is taken as new", async () => {
  await using project = await tempProject({ "models/a/t.sql": "SELECT 1 AS id" });
  await project.write(".spoor/none", "");
  using db = new DatabaseSync(project.path(STATE));
  db.exec("PRAGMA journal_mode=WAL; CREATE TABLE t (a); DROP TABLE t");
  db.close();

  const { code, output } = await project.run("run");

  assert.equal(code, 0, output);
  assert.deepEqual(project.rows("a.t"), [{ id: 1 }]);
});
