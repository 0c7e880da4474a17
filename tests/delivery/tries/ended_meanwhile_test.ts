/**
 * A group that ends while a request of it is asked for: nothing is sent that nobody waits for, and what has left
 * counts as what may have arrived.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type FakeApi, fakeApi } from "../../support/fake_api.ts";
import { COLUMNS, rowsOf, type SyncProject, syncProject } from "../../support/sync_project.ts";

const ONCE = ["delivery: at_most_once"];

/** The second row's body cannot be made, and the first one's request is asked for by then. */
const SECOND_BODY_FAILS = `
  const toBody = ({ name }) => {
    if (name === null) throw new Error("no name");
    return { json: { name } };
  };
`;
const TWO_ROWS = [["1", "'Ada'"], ["1", "NULL"]];

const FORMS = {
  each: `await query("SELECT * FROM raw.people").each((_, group) =>
    Promise.all(group.rows.map((row) => http.post(ORIGIN + "/people", toBody(row)))).then(() => {})
  );`,
  batches: `await query("SELECT * FROM raw.people").batches(2, (groups) =>
    Promise.all(
      groups.flatMap(({ rows }) => rows.map((row) => http.post(ORIGIN + "/people", toBody(row)))),
    ).then(() => {})
  );`,
  changes: `await changes("SELECT * FROM raw.people").each(({ rows }) =>
    Promise.all(rows.map((row) => http.post(ORIGIN + "/people", toBody(row)))).then(() => {})
  );`,
} as const;

for (const [form, code] of Object.entries(FORMS)) {
  Deno.test(`a request whose group fails before it leaves is not sent, in this run and in no later one: ${form}`, async () => {
    await using api = await fakeApi();
    await using people = await syncProject(api, SECOND_BODY_FAILS + code, { directives: ONCE });
    await people.setRows(COLUMNS, TWO_ROWS);

    for (let run = 1; run <= 3; run++) {
      const { sync, output } = await people.run();
      assert.equal(sync.delivery?.failed, 1, output);
      assert.equal(sync.delivery?.unknown, 0, output);
    }

    assert.deepEqual(api.requests.map(({ body }) => body), []);
    assert.equal(
      (await people.project.run("unknown")).stdout.startsWith("Nothing is unknown"),
      true,
    );
    assert.deepEqual(people.project.rows("spoor.requests"), []);
    assert.deepEqual(ledgerOf(people), [{ group_key: "[1]", state: "failed", moved: 0 }]);
    assert.match((await people.project.run("why sync.people 1")).stdout, /no name/);
  });
}

Deno.test("a request that is asked for after its group has failed is not sent", async () => {
  await using api = await fakeApi();
  const code = `await query("SELECT * FROM raw.people").each((row) =>
    Promise.all([
      http.get(ORIGIN + "/slow").then(() => http.post(ORIGIN + "/people", { json: row }))
        .catch((error) => log.info(error.message)),
      http.get(ORIGIN + "/refused"),
    ]).then(() => {})
  );
  await http.get(ORIGIN + "/failed");`;
  await using people = await syncProject(api, code, { directives: ONCE });
  await people.setRows(COLUMNS, rowsOf(1));
  const failed = Promise.withResolvers<void>();
  api.answer(async ({ path }) => {
    if (path === "/failed") failed.resolve();
    if (path === "/slow") await failed.promise;
    return { status: path === "/refused" ? 422 : 200 };
  });

  const run = await people.run();

  assert.equal(run.sync.delivery?.failed, 1, run.output);
  assert.deepEqual(api.requests.map(({ method }) => method), ["GET", "GET", "GET"]);
  assert.match(run.output, /Cannot send a request of id = 1: the group had failed before it left/);
});

Deno.test("a request that is asked for as its group is rejected is not sent and says why, or counts as maybe arrived", async () => {
  await using api = await fakeApi();
  const code = `for await (const change of changes("SELECT * FROM raw.people")) {
    const sent = http.post(ORIGIN + "/people", { json: change.key })
      .then(() => log.info("sent"), (error) => log.info(error.message));
    await change.reject("not wanted");
    await sent;
  }`;
  await using people = await syncProject(api, code, { directives: ["on_removed: deliver"] });
  await people.setRows(COLUMNS, rowsOf(1));

  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  // Mostly none: the rejection comes with the request, but on a busy machine the request may be faster.
  const sent = api.requests.length;
  const says = sent === 0
    ? /Cannot send a request of id = 1: the group was rejected before it left/
    : /"message":"sent"/;
  assert.match(run.output, says);
  assert.deepEqual(ledgerOf(people), [{ group_key: "[1]", state: "rejected", moved: sent }]);
});

Deno.test("a group that is rejected while a request of it is out may be at the far side: it is removed there", async () => {
  await using api = await fakeApi();
  const code = `for await (const change of changes("SELECT * FROM raw.people")) {
    if (change.action === "remove") {
      await http.delete(ORIGIN + "/people/" + change.key.id);
      await change.save();
      continue;
    }
    const sent = http.post(ORIGIN + "/people", { json: change.key });
    await http.get(ORIGIN + "/arrived");
    await change.reject("not wanted");
    await http.get(ORIGIN + "/rejected");
    await sent;
  }`;
  const directives = ["on_removed: deliver", "max_removed: 100%"];
  await using people = await syncProject(api, code, { directives });
  await people.setRows(COLUMNS, rowsOf(2));
  answerPostOnceRejected(api);

  const first = await people.run();
  const open = ledgerOf(people);
  api.answer(() => ({}));
  api.clear();
  await people.setRows(COLUMNS, []);
  const second = await people.run("--allow-removed");

  assert.equal(first.code, 0, first.output);
  assert.deepEqual(open, [
    { group_key: "[1]", state: "rejected", moved: 1 },
    { group_key: "[2]", state: "rejected", moved: 1 },
  ]);
  assert.equal(second.code, 0, second.output);
  assert.deepEqual(api.requests.map(({ method, path }) => `${method} ${path}`), [
    "DELETE /people/1",
    "DELETE /people/2",
  ]);
});

/** Each POST is answered when its group is rejected, which the model does when the POST has arrived. */
function answerPostOnceRejected(api: FakeApi): void {
  let [arrived, rejected] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  api.answer(async ({ method, path }) => {
    if (method === "POST") {
      arrived.resolve();
      await rejected.promise;
      [arrived, rejected] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    } else if (path === "/arrived") await arrived.promise;
    else rejected.resolve();
    return {};
  });
}

Deno.test("a batch of which a group is rejected as it is asked for is not sent and comes again, or counts as maybe arrived", async () => {
  await using api = await fakeApi();
  const code = `await query("SELECT * FROM raw.people").batches(3, async (groups) => {
    const sent = http.post(ORIGIN + "/batch", { json: groups.map(({ key }) => key.id) });
    if (groups.some(({ key }) => key.id === 2)) await reject(groups[1].rows[0], "not wanted");
    await sent;
  });`;
  await using people = await syncProject(api, code, { directives: ONCE });
  await people.setRows(COLUMNS, rowsOf(3));

  const first = await people.run();
  const open = ledgerOf(people);
  // On a busy machine the request may be faster than the rejection.
  if (api.requests.length > 0) {
    assert.deepEqual([first.sync.delivery?.rejected, first.sync.delivery?.saved], [1, 2]);
    return assert.deepEqual(open, [{ group_key: "[2]", state: "rejected", moved: 1 }]);
  }
  const second = await people.run();

  assert.deepEqual([first.sync.delivery?.rejected, first.sync.delivery?.failed], [1, 2]);
  assert.deepEqual(open, [
    { group_key: "[1]", state: "failed", moved: 0 },
    { group_key: "[2]", state: "rejected", moved: 0 },
    { group_key: "[3]", state: "failed", moved: 0 },
  ]);
  assert.match(
    first.output,
    /Cannot send a request of id = 2: the group was rejected before it left/,
  );
  assert.equal(second.code, 0, second.output);
  assert.deepEqual(api.requests.map(({ json }) => json), [[1, 3]]);
  assert.deepEqual(ledgerOf(people), [{ group_key: "[2]", state: "rejected", moved: 0 }]);
});

Deno.test("a model that ends while its request is asked for: only what has left is unknown", async () => {
  await using api = await fakeApi();
  const code = `for await (const row of query("SELECT * FROM raw.people")) {
    http.post(ORIGIN + "/people", { json: row }).catch(() => {});
    throw new Error("out of order");
  }`;
  await using people = await syncProject(api, code, { directives: ONCE });
  await people.setRows(COLUMNS, rowsOf(2));

  const run = await people.run();

  assert.equal(run.code, 1, run.output);
  // It may be faster than the model's end, which then cuts it off.
  const sent = run.sync.requests?.sent ?? 0;
  assert.ok(api.requests.length <= sent, run.output);
  const { failed, unknown, left } = run.sync.delivery ?? {};
  assert.deepEqual([failed, unknown, left], [0, sent, 2 - sent], run.output);
  assert.equal(ledgerOf(people).length, sent);
  const why = (await people.project.run("why sync.people 1")).stdout;
  assert.match(why, sent === 0 ? /next .*run 1 did not reach it/ : /next .*waits for you/);
});

function ledgerOf({ project }: SyncProject): Record<string, unknown>[] {
  return project.rows(`SELECT group_key, state, moved FROM "spoor.ledger" ORDER BY group_key`)
    .map((row) => ({ ...row }));
}
