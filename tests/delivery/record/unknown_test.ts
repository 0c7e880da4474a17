/**
 * `spoor unknown`: requests that may have arrived, settled by a person.
 *
 * @module
 */
import assert from "node:assert/strict";
import { takeRunLock } from "~/store/file/run_lock.ts";
import { fakeApi } from "../../support/fake_api.ts";
import { readLines } from "../../support/read_lines.ts";
import { killAfter } from "../../support/spoor.ts";
import { COLUMNS, rowsOf, SEND_EACH_ROW, syncProject } from "../../support/sync_project.ts";

Deno.test("what a killed run had out is listed with its key, and settled one way or the other", async () => {
  let hang = true;
  await using api = await fakeApi(({ path }) =>
    hang && path !== "/people/1" ? { hang } : { json: {} }
  );
  const directives = ["delivery: at_most_once", "concurrency: 3"];
  await using people = await syncProject(api, SEND_EACH_ROW, { directives });
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"], ["3", "'Cy'"]]);
  await killAfter(people.project.start("run"), api.received(3));
  const keyOf = (path: string) => api.requests.find((request) => request.path === path)?.key;
  const keys = { 2: keyOf("/people/2"), 3: keyOf("/people/3") };

  const lines = await readLines(people.project, "unknown");
  const listed = lines.filter(({ group_key: key }) => key !== "[1]");
  assert.deepEqual(
    listed.map(({ type, key, state, idempotency_key: own }) => [
      type,
      key,
      state,
      own,
    ]),
    [["unknown", { id: 2 }, "sent", keys[2]], ["unknown", { id: 3 }, "sent", keys[3]]],
  );
  const text = (await people.project.run("unknown sync.people")).stdout;
  assert.match(text, /id = 2 {2}waits for you/);
  assert.match(text, /Look at the far side, then: spoor unknown settle --sent sync\.people/);
  const next = (await people.project.run("why sync.people 2")).stdout;
  assert.match(next, /next .*waits for you: spoor unknown settle --sent sync\.people 2/);

  const settle = (...args: string[]) =>
    people.project.run(["unknown", "settle", "sync.people", ...args]);
  assert.match(
    (await settle("2", "--sent")).stdout,
    /accepts 1 group without a request, if the content is the same\./,
  );
  assert.match(
    (await settle("3", "--not-sent")).stdout,
    /sends 1 group again, with the same Idempotency-Key if content/,
  );
  if (lines.length > 2) await settle("1", "--sent");
  hang = false;
  api.clear();
  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.deepEqual(api.requests.map(({ path, key }) => [path, key]), [["/people/3", keys[3]]]);
  assert.equal(people.project.rows("sync.people").length, 3);
  assert.deepEqual(people.project.rows("spoor.ledger"), []);
  const story = (await people.project.run("why sync.people 2")).stdout;
  assert.match(story, /next .*accepted; nothing to do/);
  assert.match(story, /settled: by a person, settled as sent/);
  assert.equal(
    (await people.project.run("unknown")).stdout,
    "Nothing is unknown.\n",
  );
});

Deno.test("what a killed run had out keeps the time and the run of its request once a later run has found it", async () => {
  let hang = true;
  await using api = await fakeApi(({ path }) =>
    path === "/people/1" ? { drop: true } : hang ? { hang } : { json: {} }
  );
  const directives = ["delivery: at_most_once", "concurrency: 2", "retries: 0"];
  await using people = await syncProject(api, SEND_EACH_ROW, { directives });
  await people.setRows(COLUMNS, rowsOf(2));
  await killAfter(people.project.start("run"), api.received(2));
  const out = async () =>
    (await readLines(people.project, "unknown")).find(({ group_key: key }) => key === "[2]");
  const before = await out();
  await people.setRows(COLUMNS, rowsOf(3));
  const plan = await people.project.run("plan");
  assert.match(plan.stdout, /held {2}id = 2 {2}\(unknown, 1 attempt\)/);
  hang = false;
  await people.run();

  const after = await out();

  assert.deepEqual([after?.at, after?.run_id], [before?.at, 1]);
  assert.deepEqual([before?.state, after?.state], ["sent", "unknown"]);
  const { stdout } = await people.project.run("unknown");
  assert.equal(stdout.match(/id = 2 /g)?.length, 1);
  assert.match(
    stdout,
    /id = 2 {2}waits for you\n {4}POST \S+\/people\/2 {2}\d{4}-\S+ \S+\n {4}The run ended while a request was out\n {4}key/,
  );
  const why = await people.project.run("why sync.people 2");
  assert.equal(why.stdout.match(/ended while a request was out/g)?.length, 1, why.stdout);
});

Deno.test("of a batch that was out when its run was killed it is known what was sent, where to and by which key", async () => {
  await using api = await fakeApi(() => ({ hang: true }));
  const code = `
    await query("SELECT * FROM raw.people").batches(2, async (groups) => {
      await http.post(ORIGIN + "/lists/" + groups.length, { json: groups.map(({ rows }) => rows[0].name) });
    });
  `;
  const directives = ["delivery: at_most_once"];
  await using people = await syncProject(api, code, { directives });
  await people.setRows(COLUMNS, rowsOf(3));
  await killAfter(people.project.start("run"), api.received(1));
  const [sent] = api.requests;
  const told = async () => {
    const [unknown] = await readLines(people.project, "unknown");
    const why = await readLines(people.project, "why", "sync.people", "2");
    const { stdout } = await people.project.run("why sync.people 2");
    const [request] = why.flatMap((line) => (line.requests ?? []) as Record<string, unknown>[]);
    return { unknown, request, stdout };
  };

  const before = await told();
  api.answer(() => ({ json: {} }));
  await people.run();
  const after = await told();

  const url = `${api.origin}/lists/2`;
  for (const { unknown, request, stdout } of [before, after]) {
    assert.deepEqual(unknown?.request, {
      at: request?.at,
      method: "POST",
      url,
      status: null,
      error: unknown === before.unknown ? null : "The run died before the request had ended",
      // None is known of.
      attempts: 0,
    });
    assert.equal(unknown?.idempotency_key, sent?.headers["idempotency-key"]);
    assert.equal(request?.idempotency_key, sent?.headers["idempotency-key"]);
    assert.equal((request?.request as { body: string }).body, sent?.body);
    assert.equal(stdout.match(/POST \S+\/lists\/2/g)?.length, 1, stdout);
  }
  assert.match(before.stdout, /cut off: .*\n {4}POST \S+ {2}no answer is known {2}key \w+\n/);
  assert.match(
    after.stdout,
    /unknown: .*\n {4}POST \S+ {2}The run died before the request had ended {2}key/,
  );
  assert.equal(people.project.rows("spoor.open_requests").length, 0);
});

Deno.test("what is unknown names its request once, and why its error once", async () => {
  await using api = await fakeApi(() => ({ drop: true }));
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["retries: 0"] });
  await people.setRows(COLUMNS, rowsOf(1));

  const run = await people.project.run("run");

  assert.doesNotMatch(run.output, /hint: The request may have arrived/);
  const unknown = await people.project.run("unknown");
  assert.equal(unknown.stdout.match(/POST /g)?.length, 1, unknown.stdout);
  assert.match(unknown.stdout, /POST \S+ failed: the connection broke .* {2}\d{4}-\S+ \S+\n/);
  const why = await people.project.run("why sync.people 1");
  assert.equal(why.stdout.match(/POST /g)?.length, 2, why.stdout);
});

Deno.test("more groups are settled at once than a statement of SQLite has places", async () => {
  const GROUPS = 33_000;
  await using api = await fakeApi(() => ({ drop: true }));
  const directives = ["delivery: at_most_once"];
  const code = `
    await query("SELECT * FROM raw.people").batches(5000, async (groups) => {
      await http.post(ORIGIN + "/people", { json: groups.length });
    });
  `;
  await using people = await syncProject(api, code, { directives });
  const numbers = `WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n LIMIT ${GROUPS})
    SELECT id, 'Ada' AS name FROM n`;
  await people.project.write("models/raw/people.sql", numbers);
  assert.equal((await people.run()).sync.delivery?.unknown, GROUPS);
  await people.project.run("unknown settle sync.people --all --sent");
  api.clear();

  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.equal(api.requests.length, 0);
  assert.equal(people.project.rows("sync.people").length, GROUPS);
});

Deno.test("at least once: unknown groups are listed as repeated by the next run", async () => {
  await using api = await fakeApi([{ hang: true }]);
  const directives = ["timeout: 300ms", "retries: 0"];
  await using people = await syncProject(api, SEND_EACH_ROW, { directives });
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);
  await people.run();

  const { stdout } = await people.project.run("unknown");

  assert.match(stdout, /id = 1 {2}repeated first by the next run/);
  assert.match(stdout, /POST http:\S+\/people\/1/);
  assert.match(stdout, /its answer did not come within/);
});

Deno.test("what is unknown of a model that is one of SQL now is not said to be repeated", async () => {
  await using api = await fakeApi([{ hang: true }]);
  const directives = ["timeout: 300ms", "retries: 0"];
  await using people = await syncProject(api, SEND_EACH_ROW, { directives });
  const { project } = people;
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);
  await people.run();
  await project.remove("models/sync/people.ts");
  await project.write(
    "models/sync/people.sql",
    "-- @kind: tracked\n-- @unique_key: id\nSELECT * FROM raw.people",
  );

  const ran = await people.run();

  assert.equal(ran.code, 0, ran.output);
  assert.equal(ran.sync.reason, "its last run failed");
  const { stdout } = await project.run("unknown");
  assert.match(stdout, /id = 1 {2}not repeated: its model is one of SQL now, and sends nothing/);
  assert.doesNotMatch(stdout, /next run/);
  const why = await project.run("why sync.people 1");
  assert.match(why.stdout, /next .*; but its model is one of SQL now, and sends nothing$/m);

  await project.remove("models/sync/people.sql");
  const gone = await project.run("unknown");
  assert.match(
    gone.stdout,
    /id = 1 {2}not repeated: no file of the project makes its model any more/,
  );
});

Deno.test("a program gets all that is unknown, people the first ten and what shows the rest", async () => {
  await using api = await fakeApi([{ drop: true }]);
  await using people = await syncProject(api, SEND_EACH_ROW, {
    directives: ["retries: 0", "delivery: at_most_once", "concurrency: 1"],
  });
  await people.setRows(COLUMNS, rowsOf(12));
  await people.run();
  const count = async (...args: string[]) =>
    (await readLines(people.project, "unknown", ...args)).length;
  const named = async (...args: string[]) =>
    (await people.project.run(["unknown", ...args])).stdout.match(/waits for you/g)?.length;

  assert.equal(await count(), 12);
  assert.equal(await count("-n", "11"), 11);
  assert.equal(await named(), 10);
  assert.match(
    (await people.project.run("unknown")).stdout,
    /… 2 more groups \(--all shows them\)/,
  );
  assert.equal(await named("--all"), 12);
});

Deno.test("settle is strict: a model, keys or --all, one of two words, and something unknown", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);
  await people.run();
  const wrong = async (code: number, pattern: RegExp, ...args: string[]) => {
    const { code: got, output } = await people.project.run(["unknown", ...args]);
    assert.equal(got, code, output);
    assert.match(output, pattern);
  };

  await wrong(2, /which model/, "settle");
  await wrong(2, /one of --sent and --not-sent/, "settle", "sync.people", "1");
  await wrong(
    2,
    /one of --sent and --not-sent/,
    "settle",
    "sync.people",
    "1",
    "--sent",
    "--not-sent",
  );
  await wrong(2, /keys, or --all/, "settle", "sync.people", "--sent");
  await wrong(2, /"settle" comes first/, "sync.people", "1");
  await wrong(2, /knows no group "8"/, "settle", "sync.people", "8", "--sent");
  const named = /no group that is named is unknown[^]*: 1 accepted group$/m;
  await wrong(1, named, "settle", "sync.people", "1", "--sent");
  await wrong(1, /no group is unknown/, "settle", "sync.people", "--all", "--not-sent");
});

Deno.test("a rejected group that the far side may have is told of once where a person settles it", async () => {
  await using api = await fakeApi();
  const code = `
    await changes("SELECT * FROM raw.people").each(async ({ rows, reject }) => {
      await http.post(ORIGIN + "/people", { json: rows });
      if (rows[0]?.name === "bad") await reject("not this one");
    });`;
  await using people = await syncProject(api, code, { directives: ["on_removed: deliver"] });
  await people.setRows(COLUMNS, [["1", "'good'"]]);
  await people.run();
  await people.setRows(COLUMNS, [["1", "'bad'"]]);
  await people.run();

  const settled = await people.project.run("unknown settle sync.people 1 --sent");

  assert.equal(settled.code, 1);
  assert.match(settled.output, /1 rejected group/);
  assert.doesNotMatch(settled.output, /to be removed/);
});

Deno.test("what a run has out is said to be out while it runs, and to be unknown once it was killed, whoever has its number then", async () => {
  await using api = await fakeApi([{ hang: true }]);
  const directives = ["concurrency: 2"];
  await using people = await syncProject(api, SEND_EACH_ROW, { directives });
  const { project } = people;
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"]]);
  await using running = project.start("run");
  await api.received(2);

  const during = (await project.run("unknown")).stdout;
  const out = await readLines(project, "unknown");
  await killAfter(running, Promise.resolve());
  // As in a container, where each run has the number 1.
  const lock = JSON.parse(await Deno.readTextFile(project.path(".spoor/spoor.lock")));
  await project.write(".spoor/spoor.lock", JSON.stringify({ ...lock, pid: Deno.pid }));

  assert.equal(during, "Requests of 2 groups are out: run 1 is under way.\n");
  assert.deepEqual(out.map(({ type, run_id: run, groups }) => [type, run, groups]), [
    ["in_flight", 1, 2],
  ]);
  const after = await readLines(project, "unknown");
  assert.deepEqual(after.map(({ type, group_key: key }) => [type, key]), [
    ["unknown", "[1]"],
    ["unknown", "[2]"],
  ]);
  const why = (await project.run("why sync.people 1")).stdout;
  assert.match(why, /its last request may have arrived: the next run repeats it first/);

  // Somebody has the lock who is no run: a plan that is being made, or a decision.
  using _lock = takeRunLock(
    project.path(".spoor/spoor.lock"),
    "spoor plan",
    new Date().toISOString(),
  );
  assert.match((await project.run("unknown")).stdout, /id = 1 {2}repeated first by the next run/);
});

Deno.test("a batch is repeated by itself, though one of its groups went out in another one before", async () => {
  await using api = await fakeApi(() => ({ drop: true }));
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").batches(2, async (groups) => {
      await http.post(ORIGIN + "/batch", { json: groups.map(({ rows }) => rows[0].id) });
    });`,
    { directives: ["delivery: at_most_once", "retries: 0"] },
  );
  await people.setRows(COLUMNS, rowsOf(2));
  await people.run();
  await people.project.run("unknown settle --not-sent sync.people 2");
  await people.setRows(COLUMNS, rowsOf(3));
  await people.run();
  const [first, second] = api.requests;
  assert.deepEqual([first?.json, second?.json], [[1, 2], [3, 2]]);
  api.clear();

  await people.run("--resend", "sync.people");

  const again = api.requests.map(({ json, key }) => [json, key === second?.key]);
  assert.deepEqual(again, [[[1], false], [[3, 2], true]]);
});
