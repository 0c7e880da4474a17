/**
 * Groups that are held back: those that fail too often, and those whose request a person has to settle.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../../support/fake_api.ts";
import { COLUMNS, SEND_EACH_ROW, syncProject } from "../../support/sync_project.ts";

Deno.test("a group that fails @max_attempts times is parked until its content changes", async () => {
  await using api = await fakeApi(({ path }) => ({ status: path === "/people/2" ? 422 : 200 }));
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["max_attempts: 2"] });
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"]]);

  assert.equal((await people.run()).code, 1);
  assert.equal((await people.run()).code, 1);
  assert.deepEqual(people.project.rows("spoor.ledger").map((row) => [row.attempts, row.parked]), [
    [2, 1],
  ]);
  api.clear();
  const third = await people.run("--full");

  assert.equal(third.code, 0);
  assert.equal(third.sync.delivery?.parked, 1);
  assert.equal(third.sync.delivery?.unchanged, 1);
  assert.equal(api.requests.length, 0);

  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bob'"]]);
  const fourth = await people.run();

  assert.equal(api.requests.length, 1);
  assert.equal(fourth.sync.delivery?.failed, 1);
  assert.deepEqual(people.project.rows("spoor.ledger").map((row) => row.attempts), [1]);
});

for (
  const [what, answer] of [
    ["that knows no one any more", { status: 401 }],
    ["that is not there for now", { status: 503, headers: { "retry-after": "0" } }],
  ] as const
) {
  Deno.test(`a far side ${what} parks nothing, and all is sent once it works`, async () => {
    await using api = await fakeApi(() => answer);
    const directives = ["max_attempts: 1", "retries: 0"];
    await using people = await syncProject(api, SEND_EACH_ROW, { directives });
    await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"]]);

    for (let run = 0; run < 2; run++) assert.equal((await people.run()).code, 1);
    api.clear();
    api.answer(() => ({ json: {} }));
    const mended = await people.run();

    assert.equal(mended.code, 0, mended.output);
    assert.equal(api.requests.length, 2);
  });
}

Deno.test("a request that cannot be one counts as a try of its group, which is parked", async () => {
  await using api = await fakeApi();
  const code = `await query("SELECT * FROM raw.people").each(async (row) => {
    await http.post(row.address + "/people/" + row.id, { json: row });
  });`;
  await using people = await syncProject(api, code, { directives: ["max_attempts: 2"] });
  const columns = ["id", "address"];
  await people.setRows(columns, [["1", `'${api.origin}'`], ["2", "'no address'"]]);

  const codes = [await people.run(), await people.run(), await people.run()].map((run) => run.code);

  assert.deepEqual(codes, [1, 1, 0]);
  assert.deepEqual(people.project.rows("spoor.ledger").map((row) => [row.group_key, row.parked]), [
    ["[2]", 1],
  ]);
});

Deno.test("a group whose model asks for a token that nobody gave is not parked", async () => {
  await using api = await fakeApi();
  const code = `await query("SELECT * FROM raw.people").each(async (row) => {
    const Authorization = "Bearer " + http.oauth("crm");
    await http.post(ORIGIN + "/people/" + row.id, { json: row, headers: { Authorization } });
  });`;
  await using people = await syncProject(api, code, { directives: ["max_attempts: 1"] });
  await people.project.write(
    "spoor.yaml",
    `auth:\n  crm:\n    authorize_url: ${api.origin}/a\n    token_url: ${api.origin}/t\n    client_id: x\n`,
  );
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);

  assert.equal((await people.run()).code, 1);

  assert.deepEqual(
    people.project.rows("spoor.ledger").map((row) => [row.attempts, row.parked]),
    [[0, 0]],
  );
});

Deno.test("a parked group that leaves the query is forgotten", async () => {
  await using api = await fakeApi(() => ({ status: 422 }));
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["max_attempts: 1"] });
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"]]);
  await people.run();
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);

  const run = await people.run();

  assert.equal(run.sync.delivery?.parked, 1);
  assert.deepEqual(people.project.rows("spoor.ledger").map((row) => row.group_key), ["[1]"]);
});

Deno.test("--resend sends parked groups too", async () => {
  let status = 422;
  await using api = await fakeApi(() => ({ status }));
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["max_attempts: 1"] });
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);
  await people.run();
  status = 200;

  const run = await people.run("--resend", "sync.people");

  assert.equal(run.code, 0);
  assert.equal(run.sync.delivery?.saved, 1);
  assert.equal(people.project.rows("spoor.ledger").length, 0);
});

Deno.test("at most once: what may have arrived is not sent again, whatever it holds now", async () => {
  let isLost = true;
  await using api = await fakeApi(({ path }) =>
    isLost && path === "/people/2" ? { drop: true } : { json: {} }
  );
  const directives = ["delivery: at_most_once", "retries: 0"];
  await using people = await syncProject(api, SEND_EACH_ROW, { directives });
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"]]);
  const first = await people.run();
  assert.equal(first.sync.delivery?.unknown, 1);
  assert.equal(first.code, 1);
  isLost = false;
  api.clear();

  await people.run();
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bob'"]]);
  const third = await people.run();

  assert.equal(api.requests.length, 0);
  assert.equal(third.sync.delivery?.held_back, 1);
  assert.deepEqual(people.project.rows("spoor.ledger").map((row) => row.state), ["unknown"]);
});

Deno.test("at least once: what may have arrived comes first, with its key", async () => {
  let isLost = true;
  await using api = await fakeApi(({ path }) =>
    isLost && path === "/people/2" ? { drop: true } : { json: {} }
  );
  const directives = ["retries: 0"];
  await using people = await syncProject(api, SEND_EACH_ROW, { directives });
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"]]);
  await people.run();
  const [lost] = api.requests.filter(({ path }) => path === "/people/2");
  isLost = false;
  api.clear();
  await people.setRows(COLUMNS, [["1", "'Ada L.'"], ["2", "'Bo'"]]);

  const second = await people.run();

  assert.equal(second.code, 0);
  assert.deepEqual(api.requests.map(({ path }) => path), ["/people/2", "/people/1"]);
  assert.equal(
    api.requests[0]?.headers["idempotency-key"],
    lost?.headers["idempotency-key"],
  );
  const told = people.project.rows("spoor.deliveries").map((row) => [row.group_key, row.state]);
  assert.deepEqual(told, [
    ["[1]", "accepted"],
    ["[1]", "accepted"],
    ["[2]", "unknown"],
    ["[2]", "accepted"],
  ]);
});

Deno.test("beside parked groups the others are told apart as ever", async () => {
  await using api = await fakeApi(({ path }) => ({ status: path === "/people/2" ? 422 : 200 }));
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["max_attempts: 1"] });
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"], ["3", "'Cy'"], ["4", "'Di'"]]);
  await people.run();
  api.clear();
  await people.setRows(COLUMNS, [["1", "'A'"], ["2", "'Bo'"], ["3", "'C'"], ["4", "'D'"]]);

  const run = await people.run();

  assert.deepEqual(api.requests.map(({ path }) => path), ["/people/1", "/people/3", "/people/4"]);
  assert.equal(run.sync.delivery?.saved, 3);
  await people.run("--full");
  assert.equal(api.requests.length, 3);
  const kept = people.project.rows("sync.people").map(({ id, name }) => [id, name]);
  assert.deepEqual(kept.sort(), [[1, "A"], [3, "C"], [4, "D"]]);
});

Deno.test("what a person has settled as sent is accepted without a request", async () => {
  let isLost = true;
  await using api = await fakeApi(({ path }) =>
    isLost && path !== "/people/1" ? { drop: true } : { json: {} }
  );
  const directives = ["delivery: at_most_once", "retries: 0"];
  await using people = await syncProject(api, SEND_EACH_ROW, { directives });
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"], ["3", "'Cy'"]]);
  await people.run();
  isLost = false;
  api.clear();
  await people.project.run("unknown settle --sent sync.people --all");
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"], ["3", "'Cyd'"]]);

  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.deepEqual(api.requests.map(({ path }) => path), ["/people/3"]);
  assert.equal(people.project.rows("spoor.ledger").length, 0);
  assert.equal(people.project.rows("sync.people").length, 3);
});

Deno.test("what no run sends by itself is said by every run, also where there is nothing to do", async () => {
  await using api = await fakeApi(() => ({ status: 422 }));
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["max_attempts: 1"] });
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"]]);

  const first = await people.project.run("run");
  await people.run();
  const later = await people.project.run("run");

  assert.match(
    first.output,
    /hint: 2 failed in @max_attempts runs, or were taken and could not be kept, and are parked: spoor failures/,
  );
  assert.doesNotMatch(first.output, /come again with the next run|wait to be sent/);
  assert.equal(later.code, 0);
  assert.match(later.output, /^Nothing to do: 2 models are up to date/);
  assert.match(
    later.output,
    /2 groups are parked after failures, and not sent: spoor failures$/m,
  );
});

Deno.test("at most once: a run says that nobody sends again what may have arrived", async () => {
  await using api = await fakeApi(({ path }) =>
    path === "/people/1" ? { hang: true } : { json: {} }
  );
  const directives = ["delivery: at_most_once", "timeout: 2s"];
  await using people = await syncProject(api, SEND_EACH_ROW, { directives });
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"]]);

  const first = await people.project.run("run");
  const second = await people.project.run("run");

  assert.match(first.output, /2 sent, 1 accepted, 0 refused, 1 without an answer/);
  assert.match(
    first.output,
    /hint: 1 may have arrived, and waits until you have looked: spoor unknown sync\.people/,
  );
  assert.match(
    first.output,
    /id = 1: POST \S+\/1 failed: its answer did not come within 2(?:\.0)? s/,
  );
  assert.doesNotMatch(first.output, /come again with the next run|next run goes on/);
  for (const { output } of [first, second]) {
    assert.match(
      output,
      /1 group is neither known to be sent nor sent again until you say: spoor unknown$/m,
    );
  }
});

Deno.test("what was rejected is said by a plan that looks at nothing, as it is by a run", async () => {
  await using api = await fakeApi();
  const code = `
    await query("SELECT * FROM raw.people").each(async (row) => {
      await http.post(ORIGIN + "/people/" + row.id, { json: row });
      if (row.id < 3) await reject(row, "no such name");
      if (row.id === 3) throw new Error("not yet");
    });
  `;
  await using people = await syncProject(api, code, { directives: ["max_attempts: 1"] });
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"], ["3", "'Cy'"], ["4", "'Di'"]]);

  const first = await people.project.run("run");
  assert.match(
    first.output,
    /1 of 4 groups of sync\.people was not accepted, beside 2 that were re/,
  );
  assert.match(first.output, /1 group held back: no run tries it again by itself/);
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"], ["4", "'Di'"]]);
  await people.run();

  for (const form of [[], ["--format", "md"]]) {
    const { stdout } = await people.project.run(["plan", ...form]);
    assert.match(stdout, /Nothing to do/);
    assert.match(stdout, /^2 groups are held back, and not sent: see spoor failures$/m);
  }
  await people.project.write("models/raw/other.sql", "SELECT 1 AS id");
  const { stdout } = await people.project.run("plan");
  assert.match(stdout, /1 model would run.*\n2 groups are held back, and not sent/);
});
