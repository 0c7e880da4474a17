/**
 * A write's `Idempotency-Key` tells its place among the writes about the same groups: what a model reads meanwhile
 * does not count.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type FakeApi, fakeApi, type ReceivedRequest } from "../support/fake_api.ts";
import { COLUMNS, type SyncProject, syncProject } from "../support/sync_project.ts";

const THREE = [["1", "'Ada'"], ["2", "'Bo'"], ["3", "'Cy'"]];

/** Kills a run as soon as a request has come that is meant to; gives that one. */
async function killAt(
  api: FakeApi,
  people: SyncProject,
  isLast: (request: ReceivedRequest) => boolean,
): Promise<ReceivedRequest> {
  const arrived = Promise.withResolvers<ReceivedRequest>();
  api.answer((request) => {
    if (!isLast(request)) return { json: {} };
    arrived.resolve(request);
    return { hang: true };
  });
  const running = people.project.start("run --json");
  const cut = await Promise.race([arrived.promise, running.result]);
  running.kill("SIGKILL");
  await running.result;
  assert.ok("key" in cut, "the request arrived");
  api.clear();
  api.answer(() => ({ json: {} }));
  return cut;
}

function writesOf({ requests }: FakeApi): ReceivedRequest[] {
  return requests.filter(({ method }) => method !== "GET");
}

const LOOKUPS: Record<string, string> = {
  "each()": `
    let owners;
    await query("SELECT * FROM raw.people").each(async (row) => {
      owners ??= (await http.get(ORIGIN + "/owners")).json;
      await http.post(ORIGIN + "/people", { json: row });
    });`,
  "a loop": `
    let owners;
    for await (const row of query("SELECT * FROM raw.people")) {
      owners ??= (await http.get(ORIGIN + "/owners")).json;
      await http.post(ORIGIN + "/people", { json: row });
      await save.row(row);
    }`,
};

for (const [form, code] of Object.entries(LOOKUPS)) {
  Deno.test(`killed in ${form} that looks something up at its first group, a group comes again with its key`, async () => {
    await using api = await fakeApi();
    await using people = await syncProject(api, code);
    await people.setRows(COLUMNS, THREE);
    const cut = await killAt(api, people, ({ json }) => (json as { id?: number })?.id === 3);

    const next = await people.run();

    assert.equal(next.sync.delivery?.saved, 1, next.output);
    assert.deepEqual(writesOf(api).map(({ key, body }) => [key, body]), [[cut.key, cut.body]]);
  });
}

const SEARCH_FIRST = `
  await changes("SELECT * FROM raw.people").each(async ({ key, rows, idempotencyKey }) => {
    await http.get(ORIGIN + "/search", { params: { id: key.id } });
    await http.post(ORIGIN + "/mails", { json: { ...rows[0], shown: idempotencyKey } });
  });`;

Deno.test("the key that a change shows is that of its first write, though a search goes before it", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEARCH_FIRST);
  await people.setRows(COLUMNS, THREE);

  await people.run();

  const writes = writesOf(api);
  assert.equal(writes.length, 3);
  for (const { key, json } of writes) assert.equal((json as { shown: string }).shown, key);
});

Deno.test("at most once, verify and unknown ask for the key that was sent, though a search went before it", async () => {
  await using api = await fakeApi();
  const verify = `
    export async function verify({ idempotencyKey }) {
      const { status } = await http.get(ORIGIN + "/by-key/" + idempotencyKey, { throwOnError: false });
      return status === 200;
    }`;
  await using people = await syncProject(api, SEARCH_FIRST + verify, {
    directives: ["delivery: at_most_once"],
  });
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);
  const { key } = await killAt(api, people, ({ path }) => path === "/mails");
  const known = new Set([`/by-key/${key}`]);
  api.answer(({ path }) => ({
    status: path.startsWith("/by-key") && !known.has(path) ? 404 : 200,
  }));

  const shown = (await people.project.run("unknown")).stdout;
  const [second, third] = [await people.run(), await people.run()];

  assert.match(shown, new RegExp(key ?? "none"));
  assert.deepEqual(second.sync.verified, { sent: 1, not_sent: 0, left: 0 }, second.output);
  assert.equal(third.code, 0, third.output);
  assert.deepEqual(writesOf(api), [], "the mail has arrived, and does not go out again");
});

const CHECK_THEN_CREATE: Record<string, string> = {
  "of changes": `
    await changes("SELECT * FROM raw.people").batches(10, async (batch) => {
      await http.get(ORIGIN + "/settings");
      await http.post(ORIGIN + "/check", { json: batch.map(({ key }) => key.id) });
      const [first, ...rest] = batch;
      if (first.key.id === 1) await first.save();
      await http.post(ORIGIN + "/create", { json: batch.map(({ key }) => key.id).filter((id) => id !== 1) });
    });`,
  "of a query": `
    await query("SELECT * FROM raw.people").batches(10, async (batch) => {
      await http.get(ORIGIN + "/settings");
      await http.post(ORIGIN + "/check", { json: batch.map(({ key }) => key.id) });
      const [row] = batch[0].rows;
      if (row.id === 1) await save.row(row);
      await http.post(ORIGIN + "/create", { json: batch.map(({ key }) => key.id).filter((id) => id !== 1) });
    });`,
  "of a loop of the model's own": `
    for await (const batch of query("SELECT * FROM raw.people").batches(10)) {
      await http.get(ORIGIN + "/settings");
      await http.post(ORIGIN + "/check", { json: batch.map(({ key }) => key.id) });
      const [row] = batch[0].rows;
      if (row.id === 1) await save.row(row);
      const rest = batch.flatMap(({ rows }) => rows).filter(({ id }) => id !== 1);
      await http.post(ORIGIN + "/create", { json: rest.map(({ id }) => id) });
      await save.rows(rest);
    }`,
};

for (const [what, code] of Object.entries(CHECK_THEN_CREATE)) {
  for (const isKilled of [true, false]) {
    const how = isKilled ? "killed" : "refused by 500";
    Deno.test(`${how}, the second write of a batch ${what} keeps its key, and the first does not take it, though a part was saved`, async () => {
      await using api = await fakeApi();
      await using people = await syncProject(api, code, { directives: ["retries: 0"] });
      await people.setRows(COLUMNS, THREE);
      const isCreate = ({ path }: ReceivedRequest) => path === "/create";
      let cut: ReceivedRequest | undefined;
      if (isKilled) cut = await killAt(api, people, isCreate);
      else {
        api.answer((request) => ({ status: isCreate(request) ? 500 : 200, json: {} }));
        await people.run();
        cut = api.requests.find(isCreate);
        api.clear();
        api.answer(() => ({ json: {} }));
      }

      const next = await people.run();

      assert.equal(next.sync.delivery?.saved, 2, next.output);
      const [check, create] = writesOf(api);
      assert.deepEqual([create?.path, create?.key, create?.body], ["/create", cut?.key, cut?.body]);
      assert.notEqual(check?.key, cut?.key);
    });
  }
}

const ALL_THEN_EACH = `
  const rows = await query("SELECT * FROM raw.people");
  if (rows.length > 0) await http.post(ORIGIN + "/overview", { json: rows });
  for (const row of rows) {
    await http.post(ORIGIN + "/people", { json: row });
    await save.row(row);
  }`;

Deno.test("a write about all groups and one about each never come with each other's key, whatever is left from run to run", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, ALL_THEN_EACH, { directives: ["retries: 0"] });
  await people.setRows(COLUMNS, THREE.slice(0, 1));
  api.answer(() => ({ drop: true }));
  await people.run();
  const [lost] = writesOf(api);
  await people.setRows(COLUMNS, THREE.slice(0, 2));
  const isSecond = ({ path, json }: ReceivedRequest) =>
    path === "/people" && (json as { id: number }).id === 2;
  const known = new Map([[lost?.key, `${lost?.path} ${lost?.body}`]]);
  const wrong: string[] = [];
  const cut = await killAt(api, people, (request) => {
    const { key, path, body } = request;
    const text = `${path} ${body}`;
    if ((known.get(key) ?? text) !== text) wrong.push(text);
    known.set(key, text);
    return isSecond(request);
  });

  const next = await people.run();

  assert.equal(next.sync.delivery?.saved, 1, next.output);
  assert.deepEqual(
    wrong,
    [],
    "these came with a key that the far side knew from the lost overview",
  );
  const [overview, person] = writesOf(api);
  assert.deepEqual([overview?.path, person?.path], ["/overview", "/people"]);
  assert.notEqual(overview?.key, cut.key);
});
