/**
 * No two changes have one `Idempotency-Key`, whoever puts it into the request: a far side that knows such keys
 * would do nothing at the second, and be taken to hold it.
 */
import assert from "node:assert/strict";
import { setPeople } from "../graves/people.ts";
import { fakeApi, type ReceivedRequest } from "../support/fake_api.ts";
import { killAfter } from "../support/spoor.ts";
import { COLUMNS, syncProject } from "../support/sync_project.ts";

/** What a far side holds that does nothing at a key which it knows. */
function heldAfter(requests: readonly ReceivedRequest[], keyOf: (of: ReceivedRequest) => unknown) {
  const [known, held] = [new Set(), new Map<unknown, unknown>()];
  for (const request of requests) {
    if (known.has(keyOf(request))) continue;
    known.add(keyOf(request));
    const { id, name } = request.json as { id: number; name: string };
    held.set(id, name);
  }
  return held;
}

const FORMS: Record<string, string> = {
  "in a loop over the array": `
    for (const change of await changes("SELECT * FROM raw.people")) {
      await http.put(ORIGIN + "/", {
        headers: { "Idempotency-Key": change.idempotencyKey },
        json: { ...change.rows[0] },
      });
      await change.save();
    }`,
  "by its place in the array": `
    const all = await changes("SELECT * FROM raw.people");
    for (let i = 0; i < all.length; i++) {
      const { idempotencyKey, rows: [row], save } = all[i];
      await http.put(ORIGIN + "/", {
        headers: { "Idempotency-Key": idempotencyKey },
        json: { ...row },
      });
      await save();
    }`,
};

for (const [form, code] of Object.entries(FORMS)) {
  Deno.test(`a change that returns to an earlier value has a key of its own, sent ${form}`, async () => {
    await using api = await fakeApi();
    await using people = await syncProject(api, code);
    for (const name of ["Gold", "Silver", "Gold", "Silver", "Gold"]) {
      await people.setRows(COLUMNS, [["1", `'${name}'`]]);
      const run = await people.run();
      assert.equal(run.sync.delivery?.saved, 1, run.output);
    }

    assert.equal(new Set(api.requests.map(({ key }) => key)).size, 5);
    assert.equal(heldAfter(api.requests, ({ key }) => key).get(1), "Gold");
    assert.equal((await people.project.run("state check")).code, 0);
  });

  Deno.test(`killed, a change sent ${form} comes again with the key that it was sent with`, async () => {
    await using api = await fakeApi([{ json: {} }, { hang: true }]);
    await using people = await syncProject(api, code);
    await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"], ["3", "'Cy'"]]);
    await killAfter(people.project.start("run --json"), api.received(2));
    const [, cut] = api.requests;
    api.clear();
    api.answer(() => ({ json: {} }));

    const next = await people.run();

    assert.equal(next.sync.delivery?.saved, 2, next.output);
    assert.deepEqual([api.requests[0]?.key, api.requests[0]?.body], [cut?.key, cut?.body]);
    assert.equal(api.requests.length, 2);
  });
}

Deno.test("at most once, a change is known by its key alone, one of however many", async () => {
  await using api = await fakeApi();
  const code = `
    const [first] = await changes("SELECT * FROM raw.people");
    await http.put(ORIGIN + "/", {
      headers: { "Idempotency-Key": first.idempotencyKey },
      json: { ...first.rows[0] },
    });
    await first.save();`;
  await using people = await syncProject(api, code, { directives: ["delivery: at_most_once"] });
  await setPeople(people, 2_000);

  const run = await people.run();

  assert.deepEqual([run.sync.delivery?.saved, api.requests.length], [1, 1], run.output);
});

Deno.test("a key that a model was shown is given to no later change, though nothing is known of its use", async () => {
  // A GET is about nothing that could be known, and a killed run has accepted nothing.
  const code = `
    const all = await changes("SELECT * FROM raw.people ORDER BY id");
    for (let i = 0; i < all.length; i++) {
      const { idempotencyKey, rows: [row], save } = all[i];
      const body = JSON.stringify({ ...row, used: idempotencyKey });
      await http.get(ORIGIN + "/push", { params: { body } });
      await save();
    }`;
  const used = ({ query }: ReceivedRequest) => JSON.parse(query.get("body") ?? "{}");
  await using api = await fakeApi();
  await using people = await syncProject(api, code);
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bronze'"]]);
  await people.run();
  api.clear();

  // The second of two changes has gone out when the run dies …
  await people.setSync(code.replace("let i = 0", "let i = 1"));
  await people.setRows(COLUMNS, [["1", "'Bea'"], ["2", "'Gold'"]]);
  api.answer(() => ({ hang: true }));
  await killAfter(people.project.start("run --json"), api.received(1));
  api.answer(() => ({ json: {} }));
  await people.setSync(code);
  // … is the only one in the next run, and is the second of two again in the one after that.
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Silver'"]]);
  await people.run();
  await people.setRows(COLUMNS, [["1", "'Bea'"], ["2", "'Gold'"]]);
  await people.run();

  const sent = api.requests.map(used).filter(({ id }) => id === 2);
  assert.deepEqual(sent.map(({ name }) => name), ["Gold", "Silver", "Gold"]);
  assert.equal(new Set(sent.map((each) => each.used)).size, 3);
});

Deno.test("a plan shows the keys that the run then sends, though it has shown them before", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, FORMS["in a loop over the array"] ?? "");
  await people.setRows(COLUMNS, [["0", "'Al'"]]);
  await people.run();
  api.clear();
  await people.setRows(COLUMNS, [["0", "'Al'"], ["1", "'Ada'"], ["2", "'Bo'"]]);
  const planned = await people.project.run("plan --json --all");
  await people.project.run("plan");

  await people.run();

  assert.equal(api.requests.length, 2);
  for (const { key } of api.requests) {
    assert.ok(planned.stdout.includes(String(key)), planned.stdout);
  }
});
