/**
 * What fails is not taken for sent, takes nothing with it, and comes again with its key.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi, type ReceivedRequest } from "../../support/fake_api.ts";
import {
  COLUMNS,
  killWhileOut,
  rowsOf,
  SEND_EACH_ROW,
  SEND_IN_LOOP,
  syncProject,
  type SyncRun,
} from "../../support/sync_project.ts";

/** Every group that was to be delivered has one end. */
function assertBalanced({ sync }: SyncRun): void {
  const { delivery } = sync;
  assert.ok(delivery);
  assert.equal(
    delivery.new + delivery.changed,
    delivery.saved + delivery.failed + delivery.unknown + delivery.left,
  );
}

function keysById(requests: readonly ReceivedRequest[]): Record<number, string | undefined> {
  return Object.fromEntries(
    requests.map(({ json, key }) => [(json as { id: number }).id, key]),
  );
}

Deno.test("a row that is refused fails alone, and comes again with the same key", async () => {
  await using api = await fakeApi(({ path }) =>
    path.endsWith("/2")
      ? { status: 400, json: { message: "plan is unknown" } }
      : { status: 201, json: {} }
  );
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(4));

  const first = await people.run();
  assert.equal(first.code, 1);
  assert.equal(first.sync.status, "failed");
  assert.deepEqual(first.sync.delivery, {
    new: 4,
    changed: 0,
    unchanged: 0,
    removed: 0,
    saved: 3,
    failed: 1,
    unknown: 0,
    left: 0,
    rejected: 0,
    parked: 0,
  });
  const [failure] = first.sync.failures ?? [];
  assert.equal(failure?.key, "id = 2");
  assert.match(
    failure?.error.message ?? "",
    /POST http.*\/people\/2 answered 400: .*plan is unknown/,
  );
  assert.equal(failure?.error.at?.path, "models/sync/people.ts");
  const { 2: key } = keysById(api.requests);

  api.clear();
  const second = await people.run();
  assert.equal(second.sync.reason, "1 group not acknowledged");
  assert.equal(second.code, 1);
  assert.deepEqual(keysById(api.requests), { 2: key });

  api.clear();
  api.answer(() => ({ json: {} }));
  const third = await people.run();
  assert.equal(third.code, 0, third.output);
  assert.deepEqual(keysById(api.requests), { 2: key });

  api.clear();
  const fourth = await people.run();
  assert.equal(fourth.sync.status, "skipped");
  assert.equal(api.requests.length, 0);
});

Deno.test("a refused row that changes is another change, with another key", async () => {
  await using api = await fakeApi([{ status: 400 }]);
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(1));
  await people.run();
  await people.setRows(COLUMNS, rowsOf(1, "Grace"));
  api.answer(() => ({ json: {} }));
  await people.run();

  const [before, after] = api.requests;
  assert.equal(api.requests.length, 2);
  assert.notEqual(before?.key, after?.key);
});

Deno.test("content that goes from A to B and back to A is sent each time, with a key of its own", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  for (const name of ["A", "B", "A"]) {
    await people.setRows(COLUMNS, rowsOf(1, name));
    await people.run();
  }

  assert.deepEqual(
    api.requests.map(({ json }) => (json as { name: string }).name),
    ["A", "B", "A"],
  );
  assert.equal(new Set(api.requests.map(({ key }) => key)).size, 3);
});

Deno.test("content that went back to what was accepted is sent, if another was on its way", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(2, "A"));
  await people.run();
  await people.setRows(COLUMNS, [["1", "'B'"], ["2", "'A'"]]);
  await killWhileOut(api, people, 0);
  api.answer(() => ({ json: {} }));

  await people.setRows(COLUMNS, rowsOf(2, "A"));
  const back = await people.run();

  assert.equal(back.code, 0, back.output);
  assert.deepEqual(api.requests.map(({ json }) => json), [
    { id: 1, name: "A" },
    { id: 2, name: "A" },
    { id: 1, name: "B" },
    { id: 1, name: "A" },
  ]);
  assert.equal(new Set(api.requests.map(({ key }) => key)).size, 4);
});

Deno.test("a server that is too busy is asked again, with the same key", async () => {
  await using api = await fakeApi([
    { status: 429, headers: { "retry-after": "1" } },
    { status: 500 },
    { json: {} },
  ]);
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(1));

  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.deepEqual(run.sync.requests, { sent: 1, accepted: 1, refused: 0, retries: 2 });
  assert.equal(api.requests.length, 3);
  assert.equal(new Set(api.requests.map(({ key }) => key)).size, 1);
  const [first, second] = api.requests;
  assert.ok((second?.atMs ?? 0) - (first?.atMs ?? 0) >= 990, "Retry-After was obeyed");
});

Deno.test("a connection that breaks is tried again, with the same key", async () => {
  await using api = await fakeApi([{ drop: true }, { json: {} }]);
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(1));

  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.deepEqual(run.sync.requests, { sent: 1, accepted: 1, refused: 0, retries: 1 });
  assert.equal(api.requests.length, 2);
  assert.equal(api.requests[0]?.key, api.requests[1]?.key);
});

Deno.test("a request without an answer leaves its group unknown, and the next run sends it first", async () => {
  await using api = await fakeApi(({ path }) =>
    path.endsWith("/3") ? { hang: true } : { json: {} }
  );
  await using people = await syncProject(api, SEND_EACH_ROW, {
    directives: ["timeout: 1s", "retries: 1"],
  });
  await people.setRows(COLUMNS, rowsOf(4));

  const first = await people.run();
  assert.equal(first.code, 1);
  assert.equal(first.sync.delivery?.saved, 3);
  assert.equal(first.sync.delivery?.unknown, 1);
  assertBalanced(first);
  assert.match(first.sync.failures?.[0]?.error.message ?? "", /did not come within 1(?:\.0)? s/);
  const sent = api.requests.filter(({ path }) => path.endsWith("/3"));
  assert.equal(sent.length, 2);

  api.clear();
  api.answer(() => ({ json: {} }));
  await people.setRows(COLUMNS, [["0", "'New'"], ...rowsOf(4)]);
  const second = await people.run();
  assert.equal(second.code, 0, second.output);
  assert.deepEqual(api.requests.map(({ path }) => path), ["/people/3", "/people/0"]);
  assert.equal(api.requests[0]?.key, sent[0]?.key);
});

Deno.test("a server that is not there makes all groups fail, and none unknown", async () => {
  const gone = await fakeApi();
  await gone[Symbol.asyncDispose]();
  await using people = await syncProject(gone, SEND_EACH_ROW, { directives: ["retries: 0"] });
  await people.setRows(COLUMNS, rowsOf(3));

  const run = await people.run();

  assert.equal(run.code, 1);
  assert.equal(run.sync.delivery?.failed, 3);
  assert.equal(run.sync.delivery?.unknown, 0);
  assertBalanced(run);
  assert.match(run.sync.failures?.[0]?.error.message ?? "", /refused/);
});

Deno.test("an exception in the function of each is told at its line, group by group", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").each(async (row) => {
      await http.post(ORIGIN + "/", { json: row });
      if (row.id === 2) {
        row.name.nothing.there;
      }
    });`,
  );
  await people.setRows(COLUMNS, rowsOf(3));

  const run = await people.run();

  assert.equal(run.code, 1);
  assert.equal(run.sync.delivery?.saved, 2);
  assert.equal(run.sync.delivery?.failed, 1);
  const text = await people.project.read("models/sync/people.ts");
  const line = text.split("\n").findIndex((each) => each.includes("nothing.there")) + 1;
  const { at, message } = run.sync.failures?.[0]?.error ?? {};
  assert.match(message ?? "", /Cannot read properties of undefined \(reading 'there'\)/);
  assert.equal(`${at?.path}:${at?.line}`, `models/sync/people.ts:${line}`);
});

Deno.test("a loop that throws keeps what was saved and leaves the rest", async () => {
  await using api = await fakeApi(({ path }) =>
    path.endsWith("/3") ? { status: 422, json: { error: "bad" } } : { json: {} }
  );
  await using people = await syncProject(api, SEND_IN_LOOP);
  await people.project.write("models/mart/sent.sql", "SELECT count(*) AS n FROM sync.people");
  await people.setRows(COLUMNS, rowsOf(6));

  const run = await people.run();
  assert.equal(run.code, 1);
  assert.deepEqual(run.sync.delivery, {
    new: 6,
    changed: 0,
    unchanged: 0,
    removed: 0,
    saved: 2,
    failed: 1,
    unknown: 0,
    left: 3,
    rejected: 0,
    parked: 0,
  });
  assert.equal(run.model("mart.sent").status, "blocked");
  assert.match(run.sync.error?.message ?? "", /answered 422: .*bad/);
  assert.equal(run.sync.error?.at?.path, "models/sync/people.ts");

  api.clear();
  api.answer(() => ({ json: {} }));
  const next = await people.run();
  assert.equal(next.sync.reason, "4 groups not acknowledged");
  assert.equal(next.code, 0, next.output);
  assert.deepEqual(api.requests.map(({ path }) => path), [
    "/people/4",
    "/people/5",
    "/people/6",
    "/people/3",
  ], "what was refused comes last");
  assert.deepEqual(people.project.rows("mart.sent"), [{ n: 6 }]);
});

Deno.test("a model that throws before its first request leaves all", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `for await (const row of query("SELECT * FROM raw.people")) throw new Error("no " + row.id);`,
  );
  await people.setRows(COLUMNS, rowsOf(3));

  const run = await people.run();

  assert.equal(run.code, 1);
  assert.equal(run.sync.error?.message, "no 1");
  assertBalanced(run);
  assert.equal(run.sync.delivery?.left, 3);
});

Deno.test("an answer that was caught and not saved is no acknowledgement", async () => {
  await using api = await fakeApi([{ status: 409, json: { code: "taken" } }]);
  await using people = await syncProject(
    api,
    `for await (const row of query("SELECT * FROM raw.people")) {
      try {
        await http.post(ORIGIN + "/", { json: row });
        await save.row(row);
      } catch (error) {
        log.warn(error instanceof HttpError, error.status, error.response.json.code);
      }
    }`,
  );
  await people.setRows(COLUMNS, rowsOf(2));

  const run = await people.run();

  assert.match(run.output, /true 409 taken/);
  assert.equal(run.code, 1);
  assert.equal(run.sync.delivery?.failed, 2);
  assert.equal(people.project.rows(`SELECT * FROM "spoor.accepted.sync.people"`).length, 0);
});

Deno.test("a second tracked query is an error", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").each(() => {});
    await query("SELECT id FROM raw.people").each(() => {});`,
  );
  await people.setRows(COLUMNS, rowsOf(1));

  const run = await people.run();

  assert.equal(run.code, 1);
  assert.match(run.sync.error?.message ?? "", /Cannot open a second query of sync.people/);
  assert.match(run.sync.error?.hint ?? "", /query\.all/);
});

Deno.test("a write that opted out of retries is sent once, though the connection breaks", async () => {
  await using api = await fakeApi([{ json: {} }, { json: {} }, { drop: true }, { json: {} }]);
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").each(async (row) => {
      await http.post(ORIGIN + "/people/" + row.id, { json: row, retries: 0 });
    });`,
  );
  await people.setRows(COLUMNS, rowsOf(4));

  const run = await people.run();

  assert.deepEqual(api.requests.map(({ path }) => path), [
    "/people/1",
    "/people/2",
    "/people/3",
    "/people/4",
  ]);
  assert.equal(run.sync.delivery?.unknown, 1);
  assert.equal(run.sync.delivery?.saved, 3);
});

Deno.test("a GET that is not answered makes a group fail: nothing of it can have arrived", async () => {
  await using api = await fakeApi(({ method }) => method === "GET" ? { hang: true } : { json: {} });
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").each(async (row) => {
      await http.get(ORIGIN + "/people", { params: { id: row.id }, timeout: "100ms", retries: 0 });
      await http.post(ORIGIN + "/people", { json: row });
    });`,
  );
  await people.setRows(COLUMNS, rowsOf(2));

  const run = await people.run();

  assert.equal(run.sync.delivery?.failed, 2);
  assert.equal(run.sync.delivery?.unknown, 0);
  const states = people.project.rows("spoor.ledger").map((
    { state, attempts },
  ) => [state, attempts]);
  assert.deepEqual(states, [["failed", 0], ["failed", 0]], "an outage is no attempt");
});

Deno.test("groups in the hands of a model that throws have failed, and not gone missing", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `for await (const row of query("SELECT * FROM raw.people")) {
      await http.post(ORIGIN + "/", { json: row });
      if (row.id === 2) throw new Error("stop");
      await save.row(row);
    }`,
  );
  await people.setRows(COLUMNS, rowsOf(3));

  const run = await people.run();

  assert.equal(run.sync.delivery?.failed, 1);
  assert.deepEqual(people.project.rows('SELECT group_key, state FROM "spoor.ledger"'), [
    { group_key: "[2]", state: "failed" },
  ]);
});
