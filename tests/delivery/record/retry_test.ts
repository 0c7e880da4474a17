/**
 * `spoor retry`: what is parked or rejected is tried again when a person says so.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../../support/fake_api.ts";
import { readLines } from "../../support/read_lines.ts";
import { killAfter } from "../../support/spoor.ts";
import { COLUMNS, rowsOf, SEND_EACH_ROW, syncProject } from "../../support/sync_project.ts";

Deno.test("a parked group is sent by the next run after retry, with its key", async () => {
  let status = 422;
  await using api = await fakeApi(({ path }) => ({ status: path === "/people/2" ? status : 200 }));
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["max_attempts: 1"] });
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"]]);
  await people.run();
  const key = api.requests.find(({ path }) => path === "/people/2")?.key;
  await people.run("--full");
  status = 200;
  api.clear();
  assert.equal((await people.run()).sync.status, "skipped");

  const retry = await people.project.run("retry sync.people 2");
  assert.equal(retry.code, 0, retry.output);
  assert.match(retry.stdout, /the next run tries 1 group again; it was parked/);
  assert.match(retry.stdout, /Now run: spoor run sync\.people/);
  assert.equal(api.requests.length, 0);
  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.deepEqual(api.requests.map((request) => [request.path, request.key]), [
    ["/people/2", key],
  ]);
  assert.deepEqual(people.project.rows("spoor.ledger"), []);
  const told = people.project.rows("SELECT state FROM 'spoor.deliveries' WHERE group_key = '[2]'");
  assert.deepEqual(told.map((row) => row.state), ["failed", "retried", "accepted"]);
});

Deno.test("a rejected group is delivered again after retry, and its attempts count anew", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").each(async (row) => {
      await http.post(ORIGIN + "/people/" + row.id, { json: row });
      if (row.name === "Bo") await reject(row, "no such person");
    });`,
  );
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"]]);
  await people.run();
  await people.run("--full");
  assert.equal(api.requests.length, 2);
  assert.match(
    (await people.project.run("failures")).stdout,
    /spoor retry sync\.people +lets the next run try parked and rejected groups again: 1 in all/,
  );

  const [line] = await readLines(people.project, "retry", "--all");
  await people.run();

  assert.deepEqual([line?.type, line?.model, line?.groups, line?.parked], [
    "retried",
    "sync.people",
    1,
    1,
  ]);
  assert.deepEqual(api.requests.map(({ path }) => path).slice(2), ["/people/2"]);
  assert.deepEqual(people.project.rows("spoor.ledger").map((row) => [row.state, row.attempts]), [
    ["rejected", 1],
  ]);
});

Deno.test("retry chooses by error and age; what matches nothing says what there is", async () => {
  await using api = await fakeApi(({ path }) => ({ status: path === "/people/1" ? 422 : 404 }));
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["max_attempts: 1"] });
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"], ["3", "'Cy'"]]);
  await people.run();
  const retry = (...args: string[]) => people.project.run(["retry", ...args]);

  const none = await retry("sync.people", "--error", "answered 500");
  assert.equal(none.code, 1);
  assert.match(none.output, /no failed or rejected group fits[^]*3 parked groups/);
  assert.match((await retry("--all", "--older-than", "1h")).output, /no failed or rejected group/);
  assert.equal((await retry()).code, 2);
  for (const nothing of ["", " \t"]) {
    const empty = await retry("--error", nothing);
    assert.equal(empty.code, 2, empty.output);
    assert.match(empty.output, /Cannot run "spoor retry": the text of --error is empty/);
  }
  assert.match((await retry("--older-than", "old")).output, /"old" is not a duration/);
  assert.match((await retry("sync.people", "9")).output, /knows no group "9"/);
  assert.match((await retry("sync.people", "--error", "ANSWERED 404")).output, /tries 2 groups/);
  assert.deepEqual(
    people.project.rows("SELECT parked FROM 'spoor.ledger' ORDER BY group_key").map((row) =>
      row.parked
    ),
    [1, 0, 0],
  );
  assert.match((await retry("sync.people", "1", "2")).output, /tries 2 groups again; 1 of them/);
});

Deno.test("retry takes an error as failures shows it: for several groups at once, and on one line", async () => {
  await using api = await fakeApi([{ status: 404 }]);
  const code = `
    await query("SELECT * FROM raw.people").each(async (row) => {
      if (row.id < 4) throw new Error("no mail:\\nperson " + row.id);
      await http.post(ORIGIN + "/people/" + row.id, { json: row });
    });
  `;
  await using people = await syncProject(api, code, { directives: ["max_attempts: 1"] });
  await people.setRows(COLUMNS, rowsOf(4));
  await people.run();
  const folded = "no mail:\nperson {id}";
  const shown = "no mail:\\nperson {id}";
  const listed = await readLines(people.project, "failures");
  assert.equal(listed[0]?.error, folded);
  assert.ok((await people.project.run("failures")).stdout.includes(shown));

  for (const text of [folded, shown, "PERSON {ID}"]) {
    const retry = await people.project.run(["retry", "--error", text]);
    assert.match(retry.output, /tries 3 groups again/, text);
  }
  const one = await people.project.run(["retry", "sync.people", "1", "2", "--error", shown]);
  assert.match(one.output, /tries 2 groups again/);
  const none = await people.project.run(["retry", "--error", "person {name}"]);
  assert.equal(none.code, 1, none.output);
});

Deno.test("what a person retries or settles as not sent keeps the time of its request, and says no more that it may have arrived", async () => {
  await using api = await fakeApi(({ path }) =>
    path === "/people/1" ? { status: 422 } : { drop: true }
  );
  await using people = await syncProject(api, SEND_EACH_ROW, {
    directives: ["max_attempts: 1", "retries: 0"],
  });
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"]]);
  await people.run();
  const times = () =>
    people.project.rows("SELECT at FROM 'spoor.ledger' ORDER BY group_key").map(({ at }) => at);
  const before = times();

  await people.project.run("retry sync.people 1");
  await people.project.run("unknown settle sync.people 2 --not-sent");

  assert.deepEqual(times(), before);
  const { stdout } = await people.project.run("failures");
  assert.match(stdout, /failed +1 group {2}settled as not sent/);
  assert.match(stdout, /failed +1 group {2}POST \S+ answered 422/);
  const why = await people.project.run("why sync.people 1");
  assert.match(why.stdout, /^since {3}\S+ \S+$/m, "its attempts count anew");
});

Deno.test("retry waits for no run: it is refused while one is under way", async () => {
  let hang = false;
  await using api = await fakeApi(() => hang ? { hang } : { status: 422 });
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["max_attempts: 1"] });
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);
  await people.run();
  hang = true;
  await using _running = people.project.start("run --resend sync.people");
  await api.received(2);

  const { code, output } = await people.project.run("retry sync.people");
  const why = await people.project.run("why sync.people 1");
  const failures = await people.project.run("failures");

  assert.equal(code, 1);
  assert.match(output, /Cannot retry: process \d+ \("spoor run --resend sync\.people"\)/);
  assert.match(why.stdout, /next .*a request is out: run 2 is under way/);
  assert.match(failures.stdout, /^Nothing is failed/);
});

Deno.test("retry of what is pending or unknown says so, and what becomes of it", async () => {
  await using api = await fakeApi(({ path }) =>
    path === "/people/1" ? { json: {} } : { hang: true }
  );
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(4));
  await killAfter(people.project.start("run"), api.received(2));
  const retry = async (...args: string[]) =>
    (await people.project.run(["retry", "sync.people", ...args])).output;

  const all = await retry();
  assert.match(all, /no group is failed or rejected/);
  assert.match(all, /As it stands: 2 pending groups, 1 unknown group$/m);
  assert.match(all, /"spoor unknown settle"[^]*"spoor unknown sync\.people"/);
  const pending = await retry("4");
  assert.match(pending, /As it stands: 1 pending group$/m);
  assert.match(pending, /hint: The next run looks again, and sends what is pending/);
  const accepted = await retry("1");
  assert.match(accepted, /no group that is named is failed or rejected$/m);
  assert.match(accepted, /As it stands: 1 accepted group$/m, "nothing is said of the others");
});
