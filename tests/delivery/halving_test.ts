/**
 * A batch that is refused goes out in halves until the bad group is alone; an answer may tell of each group.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi, type ReceivedRequest } from "../support/fake_api.ts";
import { rowsOf, syncProject } from "../support/sync_project.ts";

const SEND_BATCHES = `
  await query("SELECT * FROM raw.people").batches(8, async (groups) => {
    await http.post(ORIGIN + "/batch", { json: groups.map(({ key }) => key.id) });
  });
`;
const idsOf = (request: ReceivedRequest) => request.json as number[];

Deno.test("one bad record of a refused batch fails alone, and the next run sends just it", async () => {
  await using api = await fakeApi((request) =>
    idsOf(request).includes(6) ? { status: 422, json: { error: "bad" } } : {}
  );
  await using people = await syncProject(api, SEND_BATCHES);
  await people.setRows(["id", "name"], rowsOf(16));

  const first = await people.run();

  assert.equal(first.code, 1);
  assert.deepEqual([first.sync.delivery?.saved, first.sync.delivery?.failed], [15, 1]);
  assert.equal(people.project.rows("spoor.ledger").length, 1);
  assert.deepEqual(api.requests.map(idsOf), [
    [1, 2, 3, 4, 5, 6, 7, 8],
    [1, 2, 3, 4],
    [5, 6, 7, 8],
    [5, 6],
    [5],
    [6],
    [7, 8],
    [9, 10, 11, 12, 13, 14, 15, 16],
  ]);
  const keys = api.requests.map(({ key }) => key);
  assert.equal(new Set(keys).size, keys.length, "each half has a key of its own");
  assert.match(first.output, /answered 422/);

  api.clear();
  api.answer(() => ({}));
  const second = await people.run();

  assert.equal(second.code, 0, second.output);
  assert.deepEqual(api.requests.map(idsOf), [[6]]);
});

Deno.test("a batch that is too large for the far side goes out in halves that are not", async () => {
  await using api = await fakeApi((request) => ({ status: idsOf(request).length > 2 ? 413 : 200 }));
  await using people = await syncProject(api, SEND_BATCHES);
  await people.setRows(["id", "name"], rowsOf(7));

  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.equal(run.sync.delivery?.saved, 7);
  assert.deepEqual(api.requests.map((request) => idsOf(request).length), [7, 4, 2, 2, 3, 2, 1]);
});

Deno.test("a batch is not halved for an answer that has nothing to do with a record", async () => {
  for (const status of [401, 503]) {
    await using api = await fakeApi(() => ({ status }));
    await using people = await syncProject(api, SEND_BATCHES, { directives: ["retries: 0"] });
    await people.setRows(["id", "name"], rowsOf(8));

    const run = await people.run();

    assert.equal(run.code, 1);
    assert.deepEqual([status, run.sync.delivery?.failed, api.requests.length], [status, 8, 1]);
  }
});

Deno.test("of an answer 207 just those groups are saved that the function says were accepted", async () => {
  await using api = await fakeApi(() => ({ status: 207, json: { ok: [1, 3] } }));
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").batches(8, async (groups) => {
      const { json } = await http.post(ORIGIN + "/", { json: groups.map(({ key }) => key.id) });
      return { accepted: json.ok };
    });`,
  );
  await people.setRows(["id", "name"], rowsOf(4));

  const first = await people.run();

  assert.equal(first.code, 1);
  assert.deepEqual([first.sync.delivery?.saved, first.sync.delivery?.failed], [2, 2]);
  assert.match(first.output, /neither in accepted nor in rejected/);

  api.clear();
  await people.run();
  assert.deepEqual(api.requests.map(idsOf), [[2, 4]]);
});

Deno.test("a partial answer saves, parks and fails group by group, and none comes back in vain", async () => {
  await using api = await fakeApi(() => ({
    status: 207,
    json: { ok: [1, 4], bad: [{ id: 2, reason: "no such plan" }] },
  }));
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").batches(8, async (groups) => {
      const { json } = await http.post(ORIGIN + "/", { json: groups.map(({ key }) => key.id) });
      const here = (id) => groups.some(({ key }) => key.id === id);
      return { accepted: json.ok.filter(here), rejected: json.bad.filter(({ id }) => here(id)) };
    });`,
  );
  await people.setRows(["id", "name"], rowsOf(4));

  const first = await people.run();
  const { saved, rejected, failed } = first.sync.delivery ?? {};

  assert.deepEqual([saved, rejected, failed], [2, 1, 1], first.output);
  assert.deepEqual(people.project.rows("sync.people").map(({ id }) => id), [1, 4]);

  api.clear();
  await people.run();
  assert.deepEqual(api.requests.map(idsOf), [[3]], "2 is parked, 3 was named nowhere");
});
