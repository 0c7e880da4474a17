/**
 * `spoor plan` against the real program: it shows what the next run does, and does none of it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { fakeApi } from "../support/fake_api.ts";
import { killAfter } from "../support/spoor.ts";
import { COLUMNS, rowsOf, SEND_EACH_ROW, syncProject } from "../support/sync_project.ts";
import { type TempProject, tempProject } from "../support/temp_project.ts";
import { until } from "../support/until.ts";
import { makePlan, planned, received, SEND_CHANGES, sorted, stateBytes } from "./plan_project.ts";

Deno.test("a plan sends nothing, and leaves no trace in the state", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_CHANGES, {
    directives: ["on_removed: deliver"],
  });
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"], ["3", "'Cy'"]]);
  await people.run();
  api.clear();
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bob'"], ["4", "'Di'"]]);
  const before = await stateBytes(people.project);

  const { sync, plan } = await makePlan(people.project);

  assert.equal(api.connections, 0);
  assert.deepEqual(await stateBytes(people.project), before);
  assert.deepEqual(sync.groups && [sync.groups.create, sync.groups.update, sync.groups.removed], [
    1,
    1,
    1,
  ]);
  assert.deepEqual(plan.summary.requests, 3);
  const fields = Object.fromEntries(sync.changes.map(({ group, action, fields }) => [
    group,
    [action, fields],
  ]));
  assert.deepEqual(fields, {
    "[2]": ["update", { name: ["Bo", "Bob"] }],
    "[4]": ["create", { id: [null, 4], name: [null, "Di"] }],
    "[3]": ["remove", { id: [3, null], name: ["Cy", null] }],
  });
});

Deno.test("a plan of a state that a killed run left changes neither the file nor its WAL", async () => {
  await using api = await fakeApi(() => ({ json: {}, delayMs: 50 }));
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"], ["3", "'Cy'"]]);
  const running = people.project.start("run");
  await killAfter(running, api.received(2));
  const before = await stateBytes(people.project);
  assert.ok(before["spoor.db-wal"], "the killed run left a WAL");
  api.clear();

  const { sync } = await makePlan(people.project);

  assert.deepEqual(await stateBytes(people.project), before);
  assert.equal(api.connections, 0);
  const unsent = sync.changes.map(({ group }) => group);
  assert.ok(unsent.includes("[2]") && unsent.includes("[3]"), JSON.stringify(unsent));
});

Deno.test("plan --json prints its document on one line", async () => {
  await using project = await tempProject({ "models/mart/a.sql": "SELECT 1 AS id" });

  const { stdout } = await project.run("plan --json");

  const [line = "", ...others] = stdout.split("\n");
  assert.deepEqual(others, [""]);
  const { schema_version: version, type } = JSON.parse(line);
  assert.deepEqual([version, type], [1, "plan"]);
});

Deno.test("a plan lists models in the same order, whichever ends first", async () => {
  await using project = await tempProject({
    "models/mart/a.ts": `import { save } from "spoor";
      await save.row({ id: 1 });`,
    "models/mart/b.sql": "SELECT 1 AS id",
  });

  const { plan } = await makePlan(project);

  assert.deepEqual(plan.models.map(({ model }) => model), ["mart.a", "mart.b"]);
});

Deno.test("a plan of a project that never ran makes no state", async () => {
  await using project = await tempProject({ "models/mart/a.sql": "SELECT 1 AS id" });

  const { model, plan } = await makePlan(project);

  assert.equal(model("mart.a").status, "runs");
  assert.equal(model("mart.a").rows_after, 1);
  assert.equal(plan.based_on.last_run, null);
  assert.equal(await project.exists(".spoor/spoor.db"), false);
});

for (const concurrency of [1, 8]) {
  Deno.test(`the next run sends just the requests of the plan, ${concurrency} at once`, async () => {
    await using api = await fakeApi();
    await using people = await syncProject(api, SEND_CHANGES, {
      directives: ["on_removed: deliver", `concurrency: ${concurrency}`],
    });
    const rows = Array.from({ length: 30 }, (_, i) => [String(i), "'x'"]);
    await people.setRows(COLUMNS, rows);
    await people.run();
    api.clear();
    const changed = rows.slice(4).map(([id = ""], i) => [id, i % 3 === 0 ? "'y'" : "'x'"]);
    await people.setRows(COLUMNS, [...changed, ["100", "'new'"], ["101", "'new'"]]);

    const { sync } = await makePlan(people.project);
    assert.equal(api.connections, 0);
    const run = await people.run();

    assert.equal(run.code, 0, run.output);
    assert.deepEqual(sorted(sync.requests.map(planned)), sorted(api.requests.map(received)));
    assert.equal(sync.requests.length, 9 + 2 + 4);
  });
}

Deno.test("the next run sends just the batches of the plan", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").batches(4, async (groups) => {
      await http.put(ORIGIN + "/batch", { params: { n: groups.length }, json: groups.flatMap((group) => group.rows) });
    });`,
  );
  await people.setRows(COLUMNS, Array.from({ length: 10 }, (_, i) => [String(i), "'x'"]));

  const { sync } = await makePlan(people.project);
  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.deepEqual(sync.requests.map(({ groups }) => groups.length), [4, 4, 2]);
  const [own, theirs] = [sync.requests.map(planned), api.requests.map(received)];
  // Before the first run the project has no identity yet, of which keys are made.
  for (const { headers } of [...own, ...theirs]) delete headers["idempotency-key"];
  assert.deepEqual(sorted(own), sorted(theirs));
});

Deno.test("a second request of a change is marked as assumed, and so is what is saved", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").each(async (row) => {
      const answer = await http.post(ORIGIN + "/people", { json: row });
      await http.put(ORIGIN + "/tags/" + answer.json.id, { json: row });
      await save.row({ ...row, remote: answer.json.id ?? null });
    });`,
    { files: { "models/mart/below.sql": "SELECT count(*) AS n FROM sync.people" } },
  );
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"]]);

  const { sync, model, plan } = await makePlan(people.project);

  assert.deepEqual(sync.requests.map(({ method, assumed }) => [method, assumed]), [
    ["POST", false],
    ["PUT", true],
    ["POST", false],
    ["PUT", true],
  ]);
  assert.equal(plan.summary.assumed_requests, 2);
  assert.equal(sync.rows_assumed, true);
  assert.deepEqual(model("mart.below").assumes, ["sync.people"]);
});

Deno.test("models below are planned on what the model above them would save", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_CHANGES, {
    directives: ["on_removed: deliver", "max_removed: 50%"],
    files: {
      "models/mart/in_sql.sql": "SELECT id, name FROM sync.people",
      "models/mart/in_ts.ts":
        `import { query, save } from "spoor";\nawait save.rows(await query("SELECT id, name FROM sync.people"));\n`,
    },
  });
  await people.setRows(COLUMNS, rowsOf(20));
  await people.run();
  await people.setRows(COLUMNS, [...rowsOf(14, "Bo").slice(2), ["30", "'Cy'"]]);

  const plan = await makePlan(people.project);
  const run = await people.run();

  for (const name of ["sync.people", "mart.in_sql", "mart.in_ts"]) {
    const { rows_after, changed } = plan.model(name);
    assert.deepEqual([rows_after, changed], [13, true], name);
    assert.equal(run.model(name).rows, 13, run.output);
  }
});

Deno.test("a plan shows a budget that would block, with its figures, and exits with 1", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["max_changes: 2"] });
  await people.setRows(COLUMNS, Array.from({ length: 20 }, (_, i) => [String(i), "'x'"]));
  await people.run();
  api.clear();
  await people.setRows(COLUMNS, Array.from({ length: 20 }, (_, i) => [String(i), "'y'"]));

  const { sync, code, plan } = await makePlan(people.project);
  const text = await people.project.run("plan");
  const allowed = await makePlan(people.project, "--allow-changes");

  assert.equal(code, 1);
  assert.equal(sync.status, "budget");
  assert.equal(plan.summary.update, 0);
  assert.deepEqual(sync.budgets, {
    max_removed: "20%",
    max_changes: "2",
    accepted: 20,
    breach: { budget: "max_changes", groups: 20 },
    breaches: [{ budget: "max_changes", groups: 20 }],
  });
  assert.equal(text.code, 1);
  assert.match(text.stdout, /would be blocked +sync\.people/);
  assert.match(text.stdout, /@max_changes 2: 20 of 20 accepted; over @max_changes/);
  assert.match(text.stdout, /20 groups are new or changed/);
  assert.equal(allowed.sync.status, "runs");
  assert.equal(allowed.sync.requests_total, 20);
  assert.equal(api.connections, 0);
});

Deno.test("a plan that has nothing to do says what is held back", async () => {
  await using api = await fakeApi([{ status: 422 }]);
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["max_attempts: 1"] });
  await people.setRows(COLUMNS, rowsOf(1));
  await people.run();

  const { stdout } = await people.project.run(["plan", "--full"]);

  assert.match(
    stdout,
    /^Nothing to do: .*\n1 group is held back, and not sent: see spoor failures$/m,
  );
});

Deno.test("a plan shows what is parked, and that removed groups are only forgotten", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").each(async (row) => {
      if (row.name === "") return void await reject(row, "it has no name");
      await http.post(ORIGIN + "/people/" + row.id, { json: row });
    });`,
  );
  await people.setRows(COLUMNS, [["1", "''"], ["2", "'Bo'"], ["3", "'Cy'"]]);
  await people.run();
  await people.setRows(COLUMNS, [["1", "''"], ["2", "'Bob'"], ["5", "''"]]);

  const { sync } = await makePlan(people.project);

  assert.deepEqual(sync.held.map(({ group, state }) => [group, state]), [["[1]", "rejected"]]);
  assert.deepEqual(sync.changes.map(({ group, action, outcome }) => [group, action, outcome]), [
    ["[2]", "update", "accepted"],
    ["[5]", "create", "rejected"],
    ["[3]", "forget", "none"],
  ]);
  assert.equal(sync.groups?.held, 1);
});

Deno.test("--exit-code tells by 3 that there are changes, by 0 that there are none", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);
  const plan = async (...args: string[]) => (await people.project.run(["plan", ...args])).code;

  assert.equal(await plan(), 0);
  assert.equal(await plan("--exit-code"), 3);
  await people.run();
  assert.equal(await plan("--exit-code"), 0);
  const { stdout } = await people.project.run("plan");
  assert.match(stdout, /^Nothing to do: .*Nothing was sent\.\n$/);
});

Deno.test("what left the query and is kept is no change", async () => {
  await using api = await fakeApi();
  const directives = ["on_removed: keep"];
  await using people = await syncProject(api, SEND_EACH_ROW, { directives });
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"]]);
  await people.run();
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);
  await people.run();
  await people.setSync(`${SEND_EACH_ROW}// As before.`);

  const { code, output } = await people.project.run("plan --exit-code");

  assert.equal(code, 0, output);
});

Deno.test("a model that would fail is shown as that, with its error", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").each((row) => { throw new Error("no plan for " + row.id); });`,
  );
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);

  const { sync, code } = await makePlan(people.project);

  assert.equal(code, 1);
  assert.equal(sync.status, "fails");
  assert.deepEqual(sync.changes.map(({ outcome, why }) => [outcome, why]), [
    ["fails", "no plan for 1 (models/sync/people.ts:6)"],
  ]);
});

Deno.test("a plan that is killed while it sends for show leaves the state as it was", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_CHANGES, {
    directives: ["on_removed: deliver"],
    files: { "models/mart/below.sql": "SELECT count(*) AS n FROM sync.people" },
  });
  await people.setRows(COLUMNS, rowsOf(50));
  await people.run();
  await people.setSync(
    `let seen = 0;
    await changes("SELECT * FROM raw.people").each(async (change) => {
      await http.post(ORIGIN + "/" + change.action + "/" + change.key.id, { json: change.rows });
      if (++seen === 30) await new Promise((resolve) => setTimeout(resolve, 60_000));
    });`,
    ["on_removed: deliver"],
  );
  await people.setRows(COLUMNS, rowsOf(45, "Bo").slice(5));
  api.clear();
  const before = await stateBytes(people.project);

  await killAfter(
    people.project.start("plan"),
    until(() => hasAccepted(people.project), "the plan's copy has what its model got through"),
  );

  const after = await stateBytes(people.project);
  assert.deepEqual(after, before);
  assert.equal(api.connections, 0);
  // And the next run finds what it would have found.
  await people.setSync(SEND_CHANGES, ["on_removed: deliver"]);
  const run = await people.run("--allow-removed");
  const { delivery } = run.sync;
  assert.deepEqual(
    [delivery?.changed, delivery?.removed, delivery?.saved],
    [40, 10, 50],
    run.output,
  );
});

/** Whether a plan has written to its copy what its model has got through so far. */
async function hasAccepted(project: TempProject): Promise<boolean> {
  for await (const { name, isDirectory } of Deno.readDir(project.path(".spoor"))) {
    if (!isDirectory) continue;
    try {
      using db = new DatabaseSync(project.path(`.spoor/${name}/spoor.db`), { readOnly: true });
      const row = db.prepare(`SELECT count(*) AS n FROM "sync.people" WHERE name = 'Bo'`).get();
      if (Number(row?.n) >= 15) return true;
    } catch {
      // It is being copied, or written.
    }
  }
  return false;
}
