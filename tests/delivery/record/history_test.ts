/**
 * The sums of a run: every group that was to be delivered is saved, rejected, failed, unknown or left.
 *
 * @module
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { fakeApi } from "../../support/fake_api.ts";
import { readLines } from "../../support/read_lines.ts";
import { killAfter } from "../../support/spoor.ts";
import { COLUMNS, rowsOf, SEND_EACH_ROW, syncProject } from "../../support/sync_project.ts";
import { tempProject } from "../../support/temp_project.ts";

Deno.test("history and the run itself show both sides of the sum", async () => {
  await using api = await fakeApi(({ path }) => ({ status: path === "/people/2" ? 422 : 200 }));
  await using people = await syncProject(
    api,
    `for await (const row of query("SELECT * FROM raw.people")) {
      if (row.id === 4) throw new Error("enough");
      const { status } = await http.post(ORIGIN + "/people/" + row.id, { throwOnError: false });
      if (row.id === 1) await reject(row, "not wanted");
      else if (status === 200) await save.row(row);
    }`,
  );
  await people.setRows(COLUMNS, rowsOf(6));

  const run = await people.run();

  const end = run.events.find((event) => event.type === "run_finished");
  assert.equal(end?.type, "run_finished");
  const { delivered, saved, rejected, failed, unknown, left } = end?.groups ?? {};
  assert.deepEqual({ delivered, saved, rejected, failed, unknown, left }, {
    delivered: 6,
    saved: 1,
    rejected: 1,
    failed: 1,
    unknown: 0,
    left: 3,
  });
  const [step] = await readLines(people.project, "history", "sync.people");
  assert.deepEqual([step?.groups_delivered, step?.sums_balance], [6, true]);
  const [whole] = await readLines(people.project, "history");
  assert.deepEqual([whole?.groups_delivered, whole?.groups_left, whole?.unbalanced], [6, 3, 0]);
  const { stdout } = await people.project.run("history");
  assert.match(stdout, /delivered +saved +rejected +failed +unknown +left/);
  assert.match(stdout, / 6 +1 +1 +1 +0 +3 +3 /);
});

Deno.test("a run in which nothing was to be delivered adds nothing up", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `for await (const row of query("SELECT * FROM raw.people")) await save.row(row);`,
  );
  await people.setRows(COLUMNS, rowsOf(1));

  const first = await people.project.run("run");
  assert.match(first.stdout, /\nGroups: 1 delivered = 1 saved \+ 0 rejected/);
  const second = await people.project.run("run --full");
  assert.doesNotMatch(second.stdout, /Groups:/);
});

Deno.test("what a run held back has one name in history, its help and its --json", async () => {
  await using api = await fakeApi([{ status: 422 }]);
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["max_attempts: 1"] });
  await people.setRows(COLUMNS, rowsOf(2));
  await people.run();
  await people.run("--full");

  const [held, first] = await readLines(people.project, "history", "sync.people");
  assert.deepEqual([held?.groups_held_back, first?.groups_held_back], [2, 0]);
  assert.ok(held && !("groups_parked" in held));
  const { stdout } = await people.project.run("history sync.people");
  assert.match(stdout, /removed +held back +delivered/);
  assert.match((await people.project.run("history --help")).stdout, /held back, of one model: /);
});

Deno.test("history lists the part that a model had in a run that is under way, and in one that was killed", async () => {
  await using api = await fakeApi(({ path }) =>
    path === "/people/1" ? { json: {} } : { hang: true }
  );
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["concurrency: 1"] });
  await people.setRows(COLUMNS, rowsOf(3));
  const running = people.project.start("run");
  await api.received(2);
  const lines = async () =>
    (await readLines(people.project, "history", "sync.people"))
      .map((step) => [
        step.run_id,
        step.status,
        step.requests_sent,
        step.groups_saved,
        step.groups_unknown,
        step.groups_left,
      ]);

  const during = await lines();
  await killAfter(running, Promise.resolve());

  assert.deepEqual(during, [[1, "running", 2, null, null, null]]);
  assert.deepEqual(await lines(), [[1, "died", 2, 1, 1, 1]]);
  const [whole] = await readLines(people.project, "history");
  assert.equal(whole?.status, "died");
  api.answer(() => ({ json: {} }));
  await people.run();
  assert.deepEqual(await lines(), [[2, "ok", 2, 2, 0, 0], [1, "died", 2, 1, 1, null]]);
  const { stdout } = await people.project.run("history sync.people");
  assert.match(
    stdout,
    / 1 {2}\S+ \S+ {2}died .* 1 +0 +0 +1 +2 {2}the run was killed; counted is what it had noted/,
  );
});

Deno.test("a program gets the whole history, people the last runs and what shows the others", async () => {
  await using project = await tempProject({ "models/mart/a.sql": "SELECT 1 AS id" });
  await project.run("run");
  using db = new DatabaseSync(project.path(".spoor/spoor.db"));
  // Twenty-one more of the same.
  db.exec(`
    CREATE TEMP TABLE numbers AS WITH RECURSIVE n (i) AS
      (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 22) SELECT i FROM n;
    ${
    ["spoor.runs", "spoor.steps"].map((table) => {
      const id = table === "spoor.runs" ? "id" : "run_id";
      const columns = db.prepare(`SELECT name FROM pragma_table_info('${table}')`).all()
        .map(({ name }) => String(name));
      const values = columns.map((name) => name === id ? "i" : `"${name}"`);
      return `INSERT INTO "${table}" ("${columns.join('", "')}")
        SELECT ${values.join(", ")} FROM "${table}", numbers;`;
    }).join("\n")
  }`);

  for (const model of ["", " mart.a"]) {
    const { stdout } = await project.run(`history${model} --json`);
    const ids = stdout.trim().split("\n").map((line) => JSON.parse(line).run_id);
    assert.deepEqual(ids, Array.from({ length: 22 }, (_, i) => 22 - i), model);
    const lines = async (args: string) =>
      (await project.run(`history${model}${args}`)).stdout.trimEnd().split("\n");
    const folded = await lines("");
    assert.deepEqual([folded.length, folded.at(-1)], [22, "… older runs (--all shows them)"]);
    assert.equal((await lines(" --all")).length, 23);
    assert.equal((await lines(" -n 22")).length, 23);
    assert.equal((await lines(" -n 5")).length, 7);
    assert.match((await project.run("history --help")).stdout, /20 if not given; all with --json/);
  }
});

Deno.test("history tells no time of a run in which the clock was set back", async () => {
  await using project = await tempProject({ "models/mart/a.sql": "SELECT 1 AS id" });
  await project.run("run");
  {
    using state = new DatabaseSync(project.path(".spoor/spoor.db"));
    state.exec(`UPDATE "spoor.runs" SET ended_at = '2020-01-01T00:00:00.000Z'`);
  }

  const { stdout } = await project.run("history");

  assert.match(stdout, / ok +\? +1 /);
});
