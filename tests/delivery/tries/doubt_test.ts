/**
 * What is accepted is not taken for what the far side has where an earlier try may have moved it. Each of
 * these was found by the simulation.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Answer, type FakeApi, fakeApi } from "../../support/fake_api.ts";
import { killAfter } from "../../support/spoor.ts";
import {
  COLUMNS,
  SEND_EACH_ROW,
  type SyncProject,
  syncProject,
} from "../../support/sync_project.ts";

const REJECT_422 = `
  await query("SELECT * FROM raw.people").each(async (row) => {
    try {
      await http.post(ORIGIN + "/people/" + row.id, { json: row, retries: 0 });
    } catch (error) {
      if (!(error instanceof HttpError) || error.status !== 422) throw error;
      await reject(row, "refused");
    }
  });
`;
/** The model ends while it has groups in its hands. */
const END_AT_FIRST_GROUP = `
  const given = Promise.withResolvers();
  void query("SELECT * FROM raw.people").each(() => new Promise(given.resolve));
  await given.promise;
  throw new Error("off");
`;
/** 1 and 2 are Ada and Bo, and accepted. */
const FIRST = [["1", "'Ada'"], ["2", "'Bo'"]];

async function delivered(
  api: FakeApi,
  code: string,
  directives: readonly string[] = [],
): Promise<SyncProject> {
  const people = await syncProject(api, code, { directives: ["retries: 0", ...directives] });
  await people.setRows(COLUMNS, FIRST);
  assert.equal((await people.run()).code, 0);
  api.clear();
  return people;
}

function sent(api: FakeApi): unknown[] {
  return api.requests.map(({ json }) => (json as { name: string }).name);
}

/** Answers group 2 by what it is called; the others well. */
function answering(answers: Readonly<Record<string, Answer>>) {
  return ({ json }: { json: unknown }): Answer =>
    answers[(json as { name: string }).name] ?? { json: {} };
}

Deno.test("a group whose change was lost, then refused, is sent when it is again what was accepted", async (t) => {
  await using api = await fakeApi(answering({ Bob: { drop: true }, Bad: { status: 422 } }));
  await using people = await delivered(api, REJECT_422);
  for (const name of ["Bob", "Bad"]) {
    await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", `'${name}'`]]);
    await people.run();
  }
  await t.step("state check takes a group in doubt for no damage", async () => {
    const { code, stdout } = await people.project.run("state check");
    assert.equal(code, 0, stdout);
    assert.match(stdout, /The state is whole/);
  });
  await people.setRows(COLUMNS, FIRST);

  const run = await people.run();

  assert.deepEqual(sent(api), ["Bob", "Bad", "Bo"]);
  assert.equal(run.sync.delivery?.saved, 1);
  await people.run("--full");
  assert.equal(api.requests.length, 3);
});

Deno.test("a group that was refused and is again what was accepted is not sent", async () => {
  await using api = await fakeApi(answering({ Bad: { status: 422 } }));
  await using people = await delivered(api, REJECT_422);
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bad'"]]);
  await people.run();
  await people.setRows(COLUMNS, FIRST);

  const run = await people.run();

  assert.deepEqual(sent(api), ["Bad"]);
  assert.equal(run.sync.delivery?.unchanged, 2);
  assert.equal(people.project.rows("spoor.ledger").length, 0);
});

Deno.test("a group that is settled as sent and went back meanwhile is sent as it is", async () => {
  await using api = await fakeApi(answering({ Bob: { drop: true } }));
  await using people = await delivered(api, SEND_EACH_ROW, ["delivery: at_most_once"]);
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bob'"]]);
  await people.run();
  await people.project.run("unknown settle --sent sync.people 2");
  await people.setRows(COLUMNS, FIRST);

  await people.run();

  assert.deepEqual(sent(api), ["Bob", "Bo"]);
});

Deno.test("what is settled as sent is not sent again after a run that found something else and did not come to it", async () => {
  await using api = await fakeApi(answering({ Bob: { drop: true } }));
  await using people = await delivered(api, SEND_EACH_ROW, ["delivery: at_most_once"]);
  const bob = [["1", "'Ada'"], ["2", "'Bob'"]];
  await people.setRows(COLUMNS, bob);
  await people.run();
  await people.project.run("unknown settle --sent sync.people 2");
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Max'"]]);
  await people.setSync(END_AT_FIRST_GROUP);
  const between = await people.run();
  await people.setRows(COLUMNS, bob);
  await people.setSync(SEND_EACH_ROW);

  const run = await people.run();

  assert.equal(between.sync.delivery?.left, 1, between.output);
  assert.deepEqual(sent(api), ["Bob"]);
  assert.equal(run.sync.delivery?.unchanged, 2);
});

Deno.test("a group that was settled as sent and holds something else by now is updated, not created", async () => {
  await using api = await fakeApi([{ drop: true }, { json: {} }]);
  await using people = await syncProject(
    api,
    `await changes("SELECT * FROM raw.people").each(async ({ action, key, previous, changed }) => {
      await http.post(ORIGIN + "/" + action + "/" + key.id, { json: { previous, changed } });
    });`,
    { directives: ["delivery: at_most_once", "retries: 0"] },
  );
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);
  await people.run();
  await people.project.run("unknown settle --sent sync.people 1");
  await people.setRows(COLUMNS, [["1", "'Eve'"]]);

  await people.run();

  assert.deepEqual(api.requests.map(({ path, json }) => [path, json]), [
    ["/create/1", { previous: [], changed: COLUMNS }],
    ["/update/1", { previous: [], changed: COLUMNS }],
  ]);
});

Deno.test("a kept group that failed, left and came back is sent", async () => {
  await using api = await fakeApi(answering({ Bob: { status: 500 } }));
  await using people = await delivered(api, SEND_EACH_ROW, ["on_removed: keep"]);
  const states = [[["1", "'Ada'"], ["2", "'Bob'"]], [["1", "'Ada'"]], FIRST];
  for (const rows of states) {
    await people.setRows(COLUMNS, rows);
    await people.run();
  }

  assert.deepEqual(sent(api), ["Bob", "Bo"]);
});

Deno.test("at most once: a request that was answered 500 is not repeated, one answered 503 is", async () => {
  await using api = await fakeApi(answering({ Ann: { status: 500 }, Bob: { status: 503 } }));
  await using people = await delivered(api, SEND_EACH_ROW, ["delivery: at_most_once"]);
  await people.setRows(COLUMNS, [["1", "'Ann'"], ["2", "'Bob'"]]);
  const first = await people.run();
  await people.run();

  assert.equal(first.sync.delivery?.unknown, 1);
  assert.equal(first.sync.delivery?.failed, 1);
  assert.deepEqual(sent(api), ["Ann", "Bob", "Bob"]);
});

Deno.test("--adopt takes parked groups too: the next run has nothing to send", async () => {
  await using api = await fakeApi(answering({ Bad: { status: 422 } }));
  await using people = await delivered(api, REJECT_422);
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bad'"]]);
  await people.run();
  await people.run("--adopt", "sync.people");

  const run = await people.run("--full");

  assert.deepEqual(sent(api), ["Bad"]);
  assert.equal(run.sync.delivery?.unchanged, 2);
});

Deno.test("an empty query blocks although a group is held back", async () => {
  await using api = await fakeApi(answering({ Bob: { drop: true } }));
  await using people = await delivered(api, SEND_EACH_ROW, ["delivery: at_most_once"]);
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bob'"]]);
  await people.run();
  await people.setRows(COLUMNS, []);

  const run = await people.run();

  assert.equal(run.code, 1);
  assert.match(run.output, /its query gives no rows, and 2 groups are accepted/);
  assert.equal(people.project.rows("sync.people").length, 2);
});

Deno.test("a batch that is cut off comes again in its order, whatever the age of its changes", async () => {
  const batches = `
    await query("SELECT * FROM raw.people").batches(5, async (groups) => {
      await http.post(ORIGIN + "/batch", { json: groups.map((group) => group.rows[0].name) });
    });
  `;
  await using api = await fakeApi([{ status: 500 }, { hang: true }]);
  await using people = await syncProject(api, batches, { directives: ["retries: 0"] });
  await people.setRows(COLUMNS, [["2", "'Bo'"]]);
  await people.run();
  // What failed before comes last, with the oldest change.
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"], ["3", "'Cy'"]]);
  await killAfter(people.project.start("run --json"), api.received(2));
  api.answer(() => ({ json: {} }));

  await people.run();

  const [, cutOff, again] = api.requests;
  assert.equal(again?.body, cutOff?.body);
  assert.equal(again?.key, cutOff?.key);
});
