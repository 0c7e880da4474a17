/**
 * Which requests leave where a plan is applied: those that it has, as often as it has them.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { PlanDocument } from "~/plan/plan_document.ts";
import { fakeApi } from "../support/fake_api.ts";
import { acceptedIds, idsIn, waitingIds } from "../graves/people.ts";
import type { SpoorResult } from "../support/spoor.ts";
import {
  COLUMNS,
  readRun,
  rowsOf,
  type SyncProject,
  syncProject,
} from "../support/sync_project.ts";
import { keepPlan } from "./plan_project.ts";

Deno.test("a request that is not in the plan does not leave, and its group fails", async () => {
  await using api = await fakeApi(({ path }) => ({ json: path === "/first" ? { id: 17 } : {} }));
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").each(async (row) => {
      if (row.id === 2) return void await http.post(ORIGIN + "/plain", { json: row });
      const answer = await http.post(ORIGIN + "/first", { json: row });
      await http.post(ORIGIN + "/second/" + (answer.json.id ?? "none"), { json: row });
    });`,
  );
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"]]);
  await keepPlan(people);

  const { code, output, sync } = readRun(
    await people.project.run(["apply", "--json", "plan.json"]),
  );

  assert.equal(code, 1);
  assert.deepEqual(api.requests.map(({ path }) => path), ["/first", "/plain"]);
  assert.equal(sync.delivery?.saved, 1);
  assert.equal(sync.delivery?.failed, 1);
  assert.match(output, /Cannot POST .*\/second\/17 for sync\.people: it is not in the plan/);
});

Deno.test("a request leaves as often as the plan has it, and no more", async () => {
  await using api = await fakeApi([{ status: 422 }, { json: {} }]);
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").each(async (row) => {
      const send = () => http.post(ORIGIN + "/people", { json: row });
      await send().catch(send);
    });`,
  );
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);
  await keepPlan(people);

  const applied = await people.project.run("apply plan.json");

  assert.equal(applied.code, 1);
  assert.equal(api.requests.length, 1);
});

Deno.test("a request that would have followed an assumed answer may stay away", async () => {
  await using api = await fakeApi(() => ({ json: { stop: true } }));
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").each(async (row) => {
      const { json } = await http.post(ORIGIN + "/people", { json: row });
      if (!json.stop) await http.post(ORIGIN + "/later", { json: row });
    });`,
  );
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);
  await keepPlan(people);

  const applied = await people.project.run("apply plan.json");

  assert.equal(applied.code, 0, applied.output);
  assert.deepEqual(api.requests.map(({ path }) => path), ["/people"]);
});

Deno.test("apply exits with 1 when a request that the plan is sure of did not leave", async () => {
  await using api = await fakeApi(({ path }) => ({ status: path === "/people/1" ? 500 : 200 }));
  await using people = await syncProject(
    api,
    `for await (const row of query("SELECT * FROM raw.people")) {
      await http.post(ORIGIN + "/people/" + row.id, { json: row });
      await save.row(row);
    }`,
    { directives: ["retries: 0"] },
  );
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"]]);
  await keepPlan(people);

  const applied = await people.project.run("apply plan.json");

  assert.equal(applied.code, 1);
  assert.match(
    applied.stderr,
    /^1 request of the plan did not leave\. What is left to do: spoor plan$/m,
  );
  const { stdout: plan } = await people.project.run("plan --format md");
  assert.match(plan, /\| id = 1 \| .*<br>the last try failed: .* answered 500 /);
  assert.match(plan, /\| id = 2 \| name: "Bo" \|/, "which was not tried");
});

/** Makes a plan and applies it, several times. */
async function planAndApply(people: SyncProject, times: number): Promise<SpoorResult[]> {
  const applied: SpoorResult[] = [];
  for (let i = 0; i < times; i++) {
    await keepPlan(people);
    applied.push(await people.project.run("apply plan.json"));
  }
  return applied;
}

Deno.test("a batch that is refused under plans goes out one by one in the next", async () => {
  await using api = await fakeApi((request) =>
    idsIn([request]).includes(7) ? { status: 422 } : { json: {} }
  );
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").batches(100, async (groups) => {
      await http.post(ORIGIN + "/batch", { json: groups.flatMap((group) => group.rows) });
    });`,
    { directives: ["max_attempts: 2"] },
  );
  await people.setRows(COLUMNS, rowsOf(10));

  const [first] = await planAndApply(people, 1);

  assert.match(first?.output ?? "", /it is not in the plan; its last request answered 422/);
  assert.deepEqual(people.project.rows(`SELECT DISTINCT attempts, parked FROM "spoor.ledger"`), [
    { attempts: 0, parked: 0 },
  ]);
  await planAndApply(people, 1);
  assert.deepEqual(waitingIds(people), { failed: [7] });
  assert.equal(acceptedIds(people).length, 9);
  assert.equal(api.requests.length, 1 + 10);
});

Deno.test("what is updated because it has been there already is sent by the second plan", async () => {
  await using api = await fakeApi(({ method }) =>
    method === "POST" ? { status: 409, json: { existing: 17 } } : { json: {} }
  );
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").batches(2, async ({ rows }) => {
      await http.post(ORIGIN + "/people", { json: rows }).catch(async (error) => {
        if (error.status !== 409) throw error;
        await http.put(ORIGIN + "/people/" + error.response.json.existing, { json: rows });
      });
    });`,
    { directives: ["max_attempts: 1"] },
  );
  await people.setRows(COLUMNS, rowsOf(3));

  const [first] = await planAndApply(people, 1);

  assert.equal(first?.code, 1);
  assert.deepEqual(api.requests.map(({ method }) => method), ["POST", "POST"]);
  const { stdout: why } = await people.project.run("why sync.people 1");
  assert.match(why, /PUT .*\/people\/17 {2}not sent: it is not in the plan/);
  assert.match(why, /^key {5}\w{32}$/m, "that of the request that has left");
  const [second] = await planAndApply(people, 1);
  assert.equal(second?.code, 0, second?.output);
  assert.deepEqual(acceptedIds(people), [1, 2, 3]);
  assert.deepEqual(api.requests.slice(2).map(({ method, path }) => `${method} ${path}`), [
    "POST /people",
    "PUT /people/17",
    "POST /people",
    "PUT /people/17",
  ]);
  const { models }: PlanDocument = JSON.parse(await people.project.read("plan.json"));
  const { requests = [] } = models.find(({ model }) => model === "sync.people") ?? {};
  assert.deepEqual(
    requests.map(({ method, groups, assumed, answered_before: before }) => [
      method,
      groups.length,
      assumed,
      before,
    ]),
    [["POST", 2, false, 409], ["PUT", 2, true, undefined], ["POST", 1, false, 409], [
      "PUT",
      1,
      true,
      undefined,
    ]],
  );
});

Deno.test("what is looked up first is in no plan, and is not parked for that", async () => {
  await using api = await fakeApi(() => ({ json: { id: 17 } }));
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").each(async (row) => {
      const { json } = await http.get(ORIGIN + "/people/" + row.id);
      await http.put(ORIGIN + "/people/" + json.id, { json: row });
    });`,
    { directives: ["max_attempts: 2"] },
  );
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);

  const applied = await planAndApply(people, 3);

  assert.deepEqual(applied.map(({ code }) => code), [1, 1, 1]);
  assert.equal(api.requests.length, 0);
  assert.deepEqual(waitingIds(people), { failed: [1] });
  const run = await people.run();
  assert.equal(run.code, 0, run.output);
  assert.deepEqual(acceptedIds(people), [1]);
});
