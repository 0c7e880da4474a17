/**
 * What is removed is given before what is new or changed: the far side may know both by the same name.
 */
import assert from "node:assert/strict";
import { type FakeApi, fakeApi } from "../support/fake_api.ts";
import { killAfter } from "../support/spoor.ts";
import { COLUMNS, type SyncProject, syncProject } from "../support/sync_project.ts";

const FLOWS = {
  "a loop": `
    for await (const change of changes("SELECT * FROM raw.people")) {
      await send(change);
      await change.save();
    }`,
  "each()": `await changes("SELECT * FROM raw.people").each(send);`,
  "batches()": `
    await changes("SELECT * FROM raw.people").batches(2, async (batch) => {
      for (const change of batch) {
        await send(change);
        await change.save();
      }
    });`,
};
/** The far side keeps people by their names. */
const SEND = `
  async function send({ action, rows, previous }) {
    const url = ORIGIN + "/people/" + (rows[0] ?? previous[0]).name;
    if (action === "remove") await http.delete(url);
    else await http.put(url, { json: rows[0].id });
  }`;

/** A far side that keeps what it is sent. */
function keepPeople(api: FakeApi, people: Map<string, unknown>): void {
  api.answer(({ method, path, json }) => {
    if (method === "DELETE") people.delete(path);
    else people.set(path, json);
    return { json: {} };
  });
}

const named = (...ids: readonly number[]) =>
  ids.map((id) => [String(id), `'p${id === 13 ? 3 : id}'`]);

/** Twelve people, all accepted. */
async function acceptTwelve(sync: SyncProject): Promise<void> {
  await sync.setRows(COLUMNS, named(...Array.from({ length: 12 }, (_, index) => index + 1)));
  const run = await sync.run();
  assert.equal(run.code, 0, run.output);
}

/** Who was number 3 is number 13 now; another one is gone, and one is new. */
const EDITED = named(1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14);

for (const [flow, code] of Object.entries(FLOWS)) {
  // A loop takes one after the other, whatever the directive says.
  for (const concurrency of flow === "a loop" ? [8] : [1, 8]) {
    Deno.test(`a record that has another key now is removed before it is created, in ${flow}, ${concurrency} at once`, async () => {
      await using api = await fakeApi();
      const directives = ["on_removed: deliver", `concurrency: ${concurrency}`];
      await using sync = await syncProject(api, SEND + code, { directives });
      const people = new Map<string, unknown>();
      keepPeople(api, people);
      await acceptTwelve(sync);
      api.clear();
      await sync.setRows(COLUMNS, EDITED);
      // What is removed is slow, so that what does not wait for it would overtake it.
      api.answer(async ({ method, path, json }) => {
        if (method === "DELETE") await new Promise((resolve) => setTimeout(resolve, 150));
        if (method === "DELETE") people.delete(path);
        else people.set(path, json);
        return { json: {} };
      });

      const run = await sync.run();

      assert.equal(run.code, 0, run.output);
      assert.equal(people.get("/people/p3"), 13);
      assert.equal(people.size, 12);
    });
  }

  Deno.test(`killed while a removal is out, the same is removed first, with its key, in ${flow}`, async () => {
    await using api = await fakeApi();
    const directives = ["on_removed: deliver"];
    await using sync = await syncProject(api, SEND + code, { directives });
    const people = new Map<string, unknown>();
    keepPeople(api, people);
    await acceptTwelve(sync);
    api.clear();
    await sync.setRows(COLUMNS, EDITED);
    api.answer(() => ({ hang: true }));
    await killAfter(sync.project.start("run"), api.received(1));
    const [cut] = api.requests;
    assert.equal(`${cut?.method} ${cut?.path}`, "DELETE /people/p3");
    api.clear();
    keepPeople(api, people);

    const next = await sync.run();

    assert.equal(next.code, 0, next.output);
    assert.deepEqual(api.requests.map(({ method, path }) => `${method} ${path}`), [
      "DELETE /people/p3",
      "DELETE /people/p12",
      "PUT /people/p3",
      "PUT /people/p14",
    ]);
    assert.equal(api.requests[0]?.key, cut?.key);
    assert.equal(people.get("/people/p3"), 13);
  });
}

Deno.test("a removal that was refused comes after the rest, one that met an outage before what is new", async () => {
  for (
    const [status, order] of [
      [422, ["PUT /people/p3", "PUT /people/p14", "DELETE /people/p3"]],
      [503, ["DELETE /people/p3", "PUT /people/p3", "PUT /people/p14"]],
    ] as const
  ) {
    await using api = await fakeApi();
    const directives = ["on_removed: deliver", "retries: 0"];
    await using sync = await syncProject(api, SEND + FLOWS["a loop"], { directives });
    await acceptTwelve(sync);
    await sync.setRows(COLUMNS, EDITED.filter(([id]) => id !== "12").concat(named(12)));
    api.answer(() => ({ status }));
    assert.equal((await sync.run()).code, 1);
    api.clear();
    api.answer(() => ({ json: {} }));

    const next = await sync.run();

    assert.equal(next.code, 0, next.output);
    assert.deepEqual(api.requests.map(({ method, path }) => `${method} ${path}`), order);
  }
});

Deno.test("a batch waits for the removals of those before it, as long as it has anything else in it", async () => {
  await using api = await fakeApi();
  const directives = ["on_removed: deliver", "max_removed: 50%", "concurrency: 8"];
  await using sync = await syncProject(api, SEND + FLOWS["each()"], { directives });
  await acceptTwelve(sync);
  await sync.setSync(`
    await changes("SELECT * FROM raw.people").batches(2, async (batch) => {
      await http.post(ORIGIN + "/people", { json: batch.map(({ action, key }) => action + " " + key.id) });
    });`);
  await sync.setRows(COLUMNS, named(1, 2, 3, 4, 5, 6, 7, 8, 9, 21, 22, 23));
  api.clear();
  let out = 0;
  const ways: string[] = [];
  api.answer(async ({ json }) => {
    ways.push(`${json} beside ${out++}`);
    // So slow that what does not wait for it would be out at the same time.
    await new Promise((resolve) => setTimeout(resolve, 150));
    out -= 1;
    return { json: {} };
  });

  const run = await sync.run();

  assert.equal(run.code, 0, run.output);
  assert.deepEqual(ways, [
    "remove 10,remove 11 beside 0",
    "remove 12,create 21 beside 0",
    "create 22,create 23 beside 0",
  ]);
});

Deno.test("a removal that was out when two runs died is repeated first, also after a run that did not come to it", async () => {
  await using api = await fakeApi();
  const code = SEND + FLOWS["a loop"];
  await using sync = await syncProject(api, code, { directives: ["on_removed: deliver"] });
  const people = new Map<string, unknown>();
  keepPeople(api, people);
  await acceptTwelve(sync);
  await sync.setRows(COLUMNS, EDITED);
  for (let run = 0; run < 2; run++) {
    api.clear();
    api.answer(() => ({ hang: true }));
    await killAfter(sync.project.start("run"), api.received(1));
  }
  await sync.setSync(
    `for await (const _ of changes("SELECT * FROM raw.people")) throw new Error();`,
  );
  assert.equal((await sync.run()).code, 1);
  await sync.setSync(code);
  keepPeople(api, people);
  const why = await sync.project.run("why sync.people 3");
  assert.match(why.output, /repeats it first/);
  const unknown = await sync.project.run("unknown");
  assert.match(unknown.output, /id = 3 {2}repeated first by the next run/);

  const next = await sync.run();

  assert.equal(next.code, 0, next.output);
  assert.equal(people.get("/people/p3"), 13);
});
