/** `spoor run --timeout`: after that time nothing new begins, what is in flight ends, the rest waits. */
import assert from "node:assert/strict";
import { type FakeApi, fakeApi } from "../support/fake_api.ts";
import { readEvents, runSteps } from "../support/run_steps.ts";
import { rowsOf, SEND_EACH_ROW, type SyncProject, syncProject } from "../support/sync_project.ts";
import { tempProject } from "../support/temp_project.ts";

Deno.test("at the end of its time a run begins nothing new, keeps what was accepted and tells the rest", async () => {
  await using api = await fakeApi(() => ({ delayMs: 100, json: {} }));
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["concurrency: 2"] });
  await people.project.write("models/z/below.sql", "SELECT count(*) AS n FROM sync.people");
  await people.setRows(["id", "name"], rowsOf(200));

  const first = await people.run("--timeout", "3s");

  assert.equal(first.code, 1, first.output);
  assert.equal(first.sync.status, "cancelled");
  const { saved = 0, left = 0, failed, unknown } = first.sync.delivery ?? {};
  assert.ok(saved > 0, "it was too slow to send anything");
  assert.equal(saved, api.requests.length, "all that was sent is saved");
  assert.equal(saved + left, 200);
  assert.deepEqual([failed, unknown], [0, 0]);
  assert.equal(first.model("z.below").status, "cancelled");
  const finished = first.events.at(-1);
  assert.ok(finished?.type === "run_finished");
  assert.equal(finished.status, "cancelled");
  assert.equal(finished.timeout_ms, 3_000);

  api.clear();
  api.answer(() => ({ json: {} }));
  const next = await people.run("--timeout", "10m");
  assert.equal(next.code, 0, next.output);
  assert.equal(api.requests.length, left);
});

/** Two models that send, to each of which a first run has left groups: 20 of `sync.people`, 16 of `sync.z`. */
async function withGroupsLeft(api: FakeApi): Promise<SyncProject> {
  const people = await syncProject(api, SEND_EACH_ROW);
  const { project } = people;
  const text = await project.read("models/sync/people.ts");
  await people.setRows(["id", "name"], rowsOf(20));
  const some = text.replace("raw.people", "raw.people WHERE id <= 16");
  await project.write("models/sync/z.ts", some);
  api.answer(() => ({ status: 400 }));
  await people.run();
  const left = project.rows(`SELECT model, count(*) AS n FROM "spoor.changes" GROUP BY 1`);
  assert.deepEqual(left, [{ model: "sync.people", n: 20 }, { model: "sync.z", n: 16 }]);
  api.clear();
  return people;
}

Deno.test("a run whose time is over tells what waits of models that it did not begin, too", async () => {
  await using api = await fakeApi();
  await using people = await withGroupsLeft(api);
  api.answer(() => ({ delayMs: 300, json: {} }));

  const { code, output } = await people.project.run("run --jobs 1 --timeout 3s");

  assert.equal(code, 1, output);
  const [row] = people.project.rows(`SELECT count(*) AS n FROM "spoor.changes"`);
  assert.ok(Number(row?.["n"]) > 16, output);
  assert.match(output, new RegExp(`\n${row?.["n"]} groups wait to be sent; the next run goes on`));
});

Deno.test("a request without an answer when the time is over is not tried again, and is recorded", async () => {
  await using api = await fakeApi(({ path }) =>
    path === "/people/2" ? { hang: true } : { json: {} }
  );
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["timeout: 6s"] });
  await people.setRows(["id", "name"], rowsOf(3));

  const { code, sync, output } = await people.run("--timeout", "4s");

  assert.equal(code, 1, output);
  const tries = api.requests.filter(({ path }) => path === "/people/2");
  assert.equal(tries.length, 1, "what is in flight ends: a further try is new work");
  assert.equal(sync.requests?.sent, api.requests.length);
  assert.equal(sync.delivery?.unknown, 1);
  const recorded = people.project.rows(`SELECT url FROM "spoor.requests"`);
  assert.equal(recorded.length, api.requests.length);
});

Deno.test("models that had no time are shown with the reason, in words of the time-out", async () => {
  const wait = `
    import { save } from "spoor";
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await save.row({ id: 1 });
  `;
  await using project = await tempProject({
    "models/a/slow.ts": wait,
    "models/b/below.sql": "SELECT id FROM a.slow",
  });

  const { code, output } = await project.run("run --timeout 1s");

  assert.equal(code, 1, output);
  assert.match(output, /The time of this run is over: what is in flight ends first/);
  assert.match(output, /The run's --timeout of 1\.0 s was over; the next run goes on there/);
  assert.match(output, /below/);
  assert.equal((await runSteps(project)).code, 0);
});

Deno.test("a run whose time is over while SQLite computes ends all the same, and says why", async () => {
  await using project = await tempProject({
    "models/a/first.sql": "SELECT 1 AS id",
    "models/b/slow.sql": `
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000)
      SELECT max(i) AS m FROM n
    `,
  });

  const { code, output } = await project.run("run --timeout 1s");

  assert.equal(code, 1, output);
  assert.match(output, /Cannot wait for b\.slow to end: the run's --timeout of 1\.0 s is over/);
  assert.deepEqual(project.rows("a.first"), [{ id: 1 }]);
});

Deno.test("a run that is done in time is none the worse for its time-out", async () => {
  await using project = await tempProject({ "models/a/t.sql": "SELECT 1 AS id" });
  const { code, stdout, output } = await project.run("run --json --timeout 1h");
  assert.equal(code, 0, output);
  assert.equal(readEvents(stdout).finished?.timeout_ms, undefined);
});

for (const text of ["soon", "0s", "-1m", "10", "99d"]) {
  Deno.test(`--timeout ${text} is a wrong call`, async () => {
    await using project = await tempProject({ "models/a/t.sql": "SELECT 1 AS id" });
    const { code, output } = await project.run(["run", `--timeout=${text}`]);
    assert.equal(code, 2, output);
    assert.match(output, /Cannot read "--timeout"[^]*hint: Write "--timeout 10m"/);
    assert.equal(await project.exists(".spoor"), false);
  });
}
