/**
 * Ctrl-C and SIGTERM: nothing new begins, what is in flight ends, what was done is kept.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../support/fake_api.ts";
import { readEvents, runSteps } from "../support/run_steps.ts";
import { killAfter } from "../support/spoor.ts";
import { tempProject } from "../support/temp_project.ts";

/** Counts to a billion, which takes minutes. */
const SLOW_SQL = `
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000)
  SELECT max(i) AS m FROM n
`;

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`${signal} during a push ends it soon, keeps what was accepted and tells the rest`, async () => {
    await using api = await fakeApi(() => ({ json: {}, delayMs: 40 }));
    await using project = await tempProject({
      "models/a/people.sql": `
        WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 300)
        SELECT id, 'p' || id AS name FROM n
      `,
      "models/sync/crm.ts": `
        // @kind: tracked
        // @unique_key: id
        // @allow_net: ${api.host}
        // @timeout: 5s
        import { http, query, save } from "spoor";
        for await (const row of query("SELECT id, name FROM a.people")) {
          await http.post("${api.origin}/people", { json: row });
          await save.row(row);
        }
      `,
      "models/z/below.sql": "SELECT count(*) AS n FROM sync.crm",
    });
    await using running = project.start("run --json");
    const { code, stdout } = await killAfter(running, api.received(10), signal);

    assert.equal(code, 1);
    const { steps, finished } = readEvents(stdout);
    assert.equal(finished?.status, "cancelled", stdout);
    const delivery = steps["sync.crm"]?.delivery;
    assert.equal(steps["sync.crm"]?.status, "cancelled");
    assert.equal(delivery?.new, 300);
    assert.equal(delivery?.failed, 0);
    assert.equal((delivery?.saved ?? 0) + (delivery?.unknown ?? 0) + (delivery?.left ?? 0), 300);
    assert.ok((delivery?.left ?? 0) > 200, `only ${delivery?.left} were left`);
    assert.equal(steps["z.below"]?.status, "cancelled");
    assert.equal(project.rows("sync.crm").length, delivery?.saved);
    assert.equal(delivery?.saved, api.requests.length, "what was sent was saved");

    const sent = api.requests.length;
    api.answer(() => ({ json: {} }));
    const next = await runSteps(project);
    assert.equal(next.steps["sync.crm"]?.delivery?.new, 300 - sent, next.output);
    assert.equal(new Set(api.requests.map(({ json }) => (json as { id: number }).id)).size, 300);
  });
}

Deno.test("a stop does not wait for the end of a long SQL statement, and nothing is half done", async () => {
  await using project = await tempProject({
    "models/a/first.sql": "SELECT 1 AS id",
    "models/b/slow.sql": SLOW_SQL,
    "models/c/later.sql": "SELECT * FROM b.slow",
  });
  await using running = project.start("run --json");
  const begun = running.waitFor(/"model_started","model":"b\.slow"/);
  const { code, output } = await killAfter(running, begun, "SIGINT");

  assert.equal(code, 1);
  assert.match(output, /Cannot wait for b\.slow to end/);
  assert.deepEqual(project.rows("a.first"), [{ id: 1 }]);
  await project.write("models/b/slow.sql", "SELECT 5 AS m");
  const next = await runSteps(project);
  assert.equal(next.code, 0, next.output);
  assert.deepEqual(next.statuses, { "a.first": "skipped", "b.slow": "ok", "c.later": "ok" });
});

Deno.test("a stop between SQL models begins no further one, and the next run goes on there", async () => {
  // Short ones: a statement that holds up a stop for three seconds on a busy machine ends the whole run.
  const some = SLOW_SQL.replace("1000000000", "100000");
  await using project = await tempProject(Object.fromEntries(
    Array.from({ length: 80 }, (_, i) => [`models/a/m${String(i).padStart(2, "0")}.sql`, some]),
  ));
  await using running = project.start("run --json");
  const { code, stdout } = await killAfter(running, running.waitFor(/model_finished/), "SIGINT");

  const { finished, steps } = readEvents(stdout);
  assert.equal(code, 1);
  assert.equal(finished?.status, "cancelled");
  assert.equal((finished?.ok ?? 0) + (finished?.cancelled ?? 0), 80);
  assert.ok((finished?.cancelled ?? 0) > 0, "the models were too fast to be stopped");
  assert.equal(steps["a.m79"]?.reason, "the run was stopped");
  const next = await runSteps(project);
  assert.equal(next.finished?.ok, finished?.cancelled);
  assert.equal(next.finished?.skipped, finished?.ok);
});

Deno.test("a stop that comes while SQL holds the run begins no model after it", async () => {
  await using project = await tempProject({
    // Told of while it lasts, and over before a stop gives up waiting.
    "models/a/slow.sql": SLOW_SQL.replace("1000000000", "5000000"),
    "models/b/next.ts": `
      // @kind: tracked
      // @unique_key: m
      import { query, save } from "spoor";
      for await (const row of query("SELECT m FROM a.slow")) await save.row(row);
    `,
  });
  await using running = project.start("run --json");
  const { code, stdout } = await killAfter(running, running.waitFor(/model_started/), "SIGTERM");

  assert.equal(code, 1);
  assert.doesNotMatch(stdout, /"model_started","model":"b\.next"/);
});

Deno.test("SQL that a model asks for after the stop holds up its end as little as SQL of before", async () => {
  const { promise: stopping, resolve: go } = Promise.withResolvers<void>();
  await using api = await fakeApi(async () => {
    await stopping;
    return { json: {} };
  });
  await using project = await tempProject({
    "models/a/asks.ts": `
      // @allow_net: ${api.host}
      import { http, query } from "spoor";
      await http.get("${api.origin}/");
      await query.all(\`${SLOW_SQL.replace("1000000000", "100000000")}\`);
    `,
  });
  await using running = project.start("run");
  await api.received(1);
  running.kill("SIGTERM");
  await running.waitFor(/Stopping/);
  go();
  const { code, output } = await running.result;

  assert.equal(code, 1);
  assert.match(output, /Cannot wait for a\.asks to end: SQLite is computing/);
});

Deno.test("a second Ctrl-C ends at once", async () => {
  await using project = await tempProject({
    "models/a/hangs.ts": `
      import { log } from "spoor";
      log.info("waiting");
      await new Promise(() => setInterval(() => {}, 1e6));
    `,
  });
  await using running = project.start("run");
  await running.waitFor(/waiting/);
  running.kill("SIGINT");
  // The model never ends, and the first one waits for it.
  const { code } = await killAfter(running, running.waitFor(/Stopping/), "SIGINT");

  assert.equal(code, 130);
  await project.write(
    "models/a/hangs.ts",
    `import { save } from "spoor"; await save.row({ id: 1 });`,
  );
  assert.equal((await runSteps(project)).code, 0);
});

Deno.test("a stopped ingest keeps the table that it had, and says that it was stopped", async () => {
  const model = (first: number, more: string) => `
    // @timeout: 1s
    import { log, save } from "spoor";
    await save.row({ id: ${first} });
    log.info("saved");
    ${more}
  `;
  await using project = await tempProject({ "models/a/t.ts": model(1, "") });
  await runSteps(project);
  await project.write(
    "models/a/t.ts",
    model(
      2,
      "while (true) { await new Promise((r) => setTimeout(r, 20)); await save.row({ id: 3 }); }",
    ),
  );
  await using running = project.start("run");
  const { code, output } = await killAfter(running, running.waitFor(/saved/), "SIGTERM");

  assert.equal(code, 1, output);
  assert.match(output, /stopped/);
  assert.deepEqual(project.rows("a.t"), [{ id: 1 }]);
});
