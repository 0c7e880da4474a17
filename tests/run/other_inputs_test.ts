/**
 * TypeScript models that read tables and, beside them, files or variables: those wake them too.
 *
 * @module
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { type FakeApi, fakeApi } from "../support/fake_api.ts";
import { runSteps } from "../support/run_steps.ts";
import { type TempProject, tempProject } from "../support/temp_project.ts";

/** Sends each customer who has not opted out, with the region. */
function sending(api: FakeApi): Promise<TempProject> {
  return tempProject({
    ".env": "REGION=north-of-here\nOTHER=1\n",
    "data/optout.txt": "2",
    "models/mart/customers.sql": "SELECT column1 AS id FROM (VALUES (1), (2), (3))",
    "models/sync/contacts.ts": `
      // @kind: tracked
      // @unique_key: id
      // @on_removed: deliver
      // @max_removed: 100%
      // @allow_net: ${api.host}
      // @allow_read: data/optout.txt, data/more
      // @allow_env: REGION, UNSET
      import { changes, env, files, http } from "spoor";
      const [list] = await files("data/optout.txt");
      const customers = changes(
        "SELECT id, ? AS region FROM mart.customers WHERE instr(?, id) = 0",
        [env("REGION") + env("UNSET", ""), await list.text()],
      );
      await customers.each(async ({ action, key, rows }) => {
        await http.post("${api.origin}/" + action, { json: rows[0] ?? key });
      });
    `,
  });
}

/** How a model ended, and why it ran. */
async function outcomeOf(project: TempProject, model: string): Promise<string> {
  const { steps, output } = await runSteps(project);
  const step = steps[model];
  assert.ok(step, output);
  return `${step.status}: ${step.reason}`;
}

Deno.test("a model that reads a table runs when a file or a variable that it may read changed", async (t) => {
  await using api = await fakeApi();
  await using project = await sending(api);
  const next = () => outcomeOf(project, "sync.contacts");
  assert.equal(await next(), "ok: first run");
  assert.equal(await next(), "skipped: up to date");
  api.clear();

  await t.step("a file, and so somebody who opted out is removed", async () => {
    await project.write("data/optout.txt", "2 3");
    const plan = await project.run("plan");
    assert.match(plan.stdout, /data\/optout\.txt changed/);
    assert.equal(await next(), "ok: data/optout.txt changed");
    assert.deepEqual(api.requests.map(({ path }) => path), ["/remove"]);
    assert.equal(await next(), "skipped: up to date");
  });
  await t.step("a file that was touched", async () => {
    await Deno.utime(project.path("data/optout.txt"), new Date(2020, 1, 1), new Date(2020, 1, 1));
    assert.equal(await next(), "skipped: up to date");
  });
  await t.step("a file that was not there", async () => {
    await project.write("data/more/new.txt", "x");
    assert.equal(await next(), "ok: data/more/new.txt changed");
  });
  await t.step("files that are gone, beside a table", async () => {
    await project.remove("data/more");
    await project.write("models/mart/customers.sql", "SELECT 1 AS id");
    assert.equal(await next(), "ok: mart.customers and data/more/new.txt changed");
  });
  await t.step("a variable", async () => {
    await project.write(".env", "REGION=south\nOTHER=1\n");
    assert.equal(await next(), "ok: REGION changed");
    assert.equal(await next(), "skipped: up to date");
  });
  await t.step("a variable that was not set", async () => {
    await project.write(".env", "REGION=south\nUNSET=\n");
    assert.equal(await next(), "ok: UNSET changed");
  });
  await t.step("a variable that it may not read", async () => {
    await project.write(".env", "REGION=south\nUNSET=\nOTHER=2\n");
    assert.equal(await next(), "skipped: up to date");
  });
  await t.step("more of each than are named", async () => {
    for (const name of ["a", "b", "c"]) await project.write(`data/more/${name}.txt`, name);
    await project.write(".env", "REGION=east\nUNSET=1\n");
    assert.equal(await next(), "ok: 3 files, REGION and UNSET changed");
  });
  await t.step("its state has no value, and follows its name", async () => {
    const state = await project.bytes(".spoor/spoor.db");
    const text = new TextDecoder("latin1").decode(state);
    // What was sent has the region of now; of the first one only a hash was kept.
    assert.ok(!text.includes("REGION=") && !JSON.stringify(meta(project)).includes("east"));
    await Deno.rename(project.path("models/sync"), project.path("models/crm"));
    const moved = await project.run("state mv sync.contacts crm.contacts");
    assert.equal(moved.code, 0, moved.output);
    assert.equal(await outcomeOf(project, "crm.contacts"), "skipped: up to date");
    await project.write(".env", "REGION=west\nUNSET=1\n");
    assert.equal(await outcomeOf(project, "crm.contacts"), "ok: REGION changed");
  });
});

function meta(project: TempProject): unknown[] {
  return project.rows(`SELECT * FROM "spoor.meta"`);
}

Deno.test("a model that keeps rows runs when a file changed, and again when that run failed", async () => {
  await using project = await tempProject({
    "data/rate.txt": "2",
    "models/a/numbers.sql": "SELECT 3 AS id",
    "models/a/rated.ts": `
      // @allow_read: data
      import { files, query, save } from "spoor";
      const [file] = await files("data/rate.txt");
      const rate = Number(await file.text());
      if (Number.isNaN(rate)) throw new Error("no rate");
      for await (const { id } of query("SELECT id FROM a.numbers")) await save.row({ id: id * rate });
    `,
  });
  assert.equal(await outcomeOf(project, "a.rated"), "ok: first run");

  await project.write("data/rate.txt", "none");
  assert.equal(await outcomeOf(project, "a.rated"), "failed: data/rate.txt changed");
  assert.match(await outcomeOf(project, "a.rated"), /^failed: /);

  await project.write("data/rate.txt", "4");
  assert.match(await outcomeOf(project, "a.rated"), /^ok: /);
  assert.deepEqual(project.rows("a.rated"), [{ id: 12 }]);
  assert.equal(await outcomeOf(project, "a.rated"), "skipped: up to date");
});

Deno.test("a state that knows of no files and variables takes them as they are now", async () => {
  await using api = await fakeApi();
  await using project = await sending(api);
  await runSteps(project);
  {
    using state = new DatabaseSync(project.path(".spoor/spoor.db"));
    state.exec(`DELETE FROM "spoor.meta" WHERE key LIKE 'inputs:%'; DELETE FROM "spoor.files"`);
  }

  const plan = await project.run("plan");
  assert.doesNotMatch(plan.stdout, /optout/);
  assert.equal(await outcomeOf(project, "sync.contacts"), "skipped: up to date");
  await project.write("data/optout.txt", "2 3");
  assert.equal(await outcomeOf(project, "sync.contacts"), "ok: data/optout.txt changed");
});
