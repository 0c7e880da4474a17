/**
 * `changes(sql).batches(n, fn)`: creations, updates and removals in batches, with all that batches of rows have.
 */
import assert from "node:assert/strict";
import { fakeApi } from "../support/fake_api.ts";
import { COLUMNS, rowsOf, syncProject } from "../support/sync_project.ts";
import { acceptFive, DELIVER, editThem, SEND, sentBy } from "./batched_changes.ts";

Deno.test("batches of changes hold removals, then creations and updates, as they come", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND, DELIVER);
  await acceptFive(people);
  assert.deepEqual(api.requests.map(sentBy), [
    ["create 1", "create 2", "create 3", "create 4"],
    ["create 5"],
  ]);
  api.clear();
  await editThem(people);

  const run = await people.run("--allow-removed");

  assert.equal(run.code, 0, run.output);
  assert.deepEqual(api.requests.map(sentBy), [
    ["remove 4", "remove 5", "update 1", "update 2"],
    ["create 6"],
  ]);
  assert.equal(run.sync.delivery?.saved, 5);
  assert.deepEqual(people.project.rows("sync.people").map(({ id }) => id).toSorted(), [1, 2, 3, 6]);
  assert.equal(people.project.rows("spoor.ledger").length, 0);
  api.clear();
  await people.run("--full");
  assert.equal(api.requests.length, 0);
});

Deno.test("a change in a batch has what it has in each(), and is saved or rejected by itself", async () => {
  await using api = await fakeApi();
  const code = `
    await changes("SELECT * FROM raw.people").batches(10, async (batch) => {
      await http.post(ORIGIN + "/", { json: batch.map(({ rows, previous, changed }) => ({ rows, previous, changed })) });
      for (const change of batch) {
        if (change.key.id === 2) await change.reject("no");
        if (change.key.id === 6) await change.save({ name: "kept" });
      }
    });`;
  await using people = await syncProject(api, SEND, DELIVER);
  await acceptFive(people);
  api.clear();
  await people.setSync(code);
  await editThem(people);

  const run = await people.run("--allow-removed");

  assert.equal(run.code, 0, run.output);
  assert.deepEqual(api.requests.map(({ json }) => json), [[
    { rows: [], previous: [{ id: 4, name: "Ada" }], changed: ["id", "name"] },
    { rows: [], previous: [{ id: 5, name: "Ada" }], changed: ["id", "name"] },
    { rows: [{ id: 1, name: "Eva" }], previous: [{ id: 1, name: "Ada" }], changed: ["name"] },
    { rows: [{ id: 2, name: "Eva" }], previous: [{ id: 2, name: "Ada" }], changed: ["name"] },
    { rows: [{ id: 6, name: "Ada" }], previous: [], changed: ["id", "name"] },
  ]]);
  assert.deepEqual([run.sync.delivery?.saved, run.sync.delivery?.rejected], [4, 1]);
  const kept = people.project.rows("sync.people").map(({ id, name }) => `${id} ${name}`);
  assert.deepEqual(kept.toSorted(), ["1 Eva", "2 Ada", "3 Ada", "6 kept"]);
});

Deno.test("a refused batch of changes goes out in halves until the bad one is alone, also a removal", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND, DELIVER);
  await acceptFive(people);
  api.clear();
  api.answer((request) => ({ status: sentBy(request).includes("remove 4") ? 422 : 200, json: {} }));
  await editThem(people);

  const run = await people.run("--allow-removed");

  assert.equal(run.code, 1);
  assert.deepEqual(api.requests.map(sentBy), [
    ["remove 4", "remove 5", "update 1", "update 2"],
    ["remove 4", "remove 5"],
    ["remove 4"],
    ["remove 5"],
    ["update 1", "update 2"],
    ["create 6"],
  ]);
  assert.deepEqual([run.sync.delivery?.saved, run.sync.delivery?.failed], [4, 1]);
  const keys = api.requests.map(({ key }) => key);
  assert.equal(new Set(keys).size, 6);
  api.clear();
  api.answer(() => ({ json: {} }));

  const next = await people.run("--allow-removed");

  assert.equal(next.code, 0, next.output);
  assert.deepEqual(api.requests.map((request) => [request.key, sentBy(request)]), [
    [keys[2], ["remove 4"]],
  ]);
});

Deno.test("of a batch of changes the function may say what was accepted, by key or by change", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND, DELIVER);
  await acceptFive(people);
  api.answer(() => ({ status: 207, json: {} }));
  await people.setSync(`
    await changes("SELECT * FROM raw.people").batches(10, async (batch) => {
      await http.post(ORIGIN + "/", { json: batch.map(({ key }) => key.id) });
      return {
        accepted: [1, ...batch.filter(({ key }) => key.id === 4)],
        rejected: [{ key: 2, reason: "no such plan" }, { key: { id: 5 }, reason: "has orders" }],
      };
    });`);
  await editThem(people);

  const run = await people.run("--allow-removed");

  const { saved, rejected, failed } = run.sync.delivery ?? {};
  assert.deepEqual([saved, rejected, failed], [2, 2, 1], run.output);
  assert.match(run.sync.failures?.[0]?.key ?? "", /^id = 6$/);
  const left = people.project.rows("sync.people").map(({ id }) => id);
  assert.deepEqual(left.toSorted(), [1, 2, 3, 5]);
});

Deno.test("a 207 to a batch of changes that nobody read accepts none of them", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND, DELIVER);
  await acceptFive(people);
  api.answer(() => ({ status: 207, json: {} }));
  await editThem(people);

  const run = await people.run("--allow-removed");

  assert.equal(run.code, 1);
  assert.deepEqual([run.sync.delivery?.saved, run.sync.delivery?.failed], [0, 5]);
  assert.match(run.output, /207 \(Multi-Status\)/);
});

Deno.test("a batch of which the function returns rows acknowledges these, and no removal", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND, DELIVER);
  await acceptFive(people);
  await people.setSync(`
    await changes("SELECT * FROM raw.people").batches(10, async (batch) => {
      await http.post(ORIGIN + "/", { json: batch.length });
      for (const change of batch) if (change.key.id === 4) await change.save();
      return batch.flatMap(({ rows }) => rows).map((row) => ({ ...row, remote_id: row.id * 10 }));
    });`);
  await editThem(people);

  const run = await people.run("--allow-removed");

  assert.deepEqual([run.sync.delivery?.saved, run.sync.delivery?.failed], [4, 1], run.output);
  const [failure] = run.sync.failures ?? [];
  assert.equal(failure?.key, "id = 5");
  assert.equal(
    failure?.error.message,
    "The function returned rows and did not save this group, which was removed",
  );
  assert.match(failure?.error.hint ?? "", /save\(\)/);
  const kept = people.project.rows("sync.people").map(({ id, remote_id }) => `${id} ${remote_id}`);
  assert.deepEqual(kept.toSorted(), ["1 10", "2 20", "3 null", "5 null", "6 60"]);
});

Deno.test("at most @concurrency batches of changes are out at once", async () => {
  await using api = await fakeApi();
  // The first ones are answered together, and the others so late that more of them would be seen.
  api.answer(async () => {
    await api.received(3);
    return { delayMs: 30, json: {} };
  });
  await using people = await syncProject(api, SEND, {
    directives: ["on_removed: deliver", "concurrency: 3"],
  });
  await people.setRows(COLUMNS, rowsOf(24));

  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.deepEqual([api.mostAtOnce, api.requests.length], [3, 6]);
});

Deno.test("batches of changes takes a size and a function", async () => {
  for (
    const [call, message] of [
      ["batches(0, () => {})", "Cannot make batches of 0: the size must be a positive integer"],
      ["batches(5)", "Cannot call batches: it takes a function, and was given undefined"],
    ] as const
  ) {
    await using api = await fakeApi();
    await using people = await syncProject(api, `changes("SELECT * FROM raw.people").${call};`);
    await people.setRows(COLUMNS, rowsOf(3));

    const run = await people.run();

    assert.equal(run.sync.error?.message, message, run.output);
  }
});

Deno.test("a plan lists the requests of batches of changes, and a run makes just these", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND, DELIVER);
  await acceptFive(people);
  await editThem(people);
  api.clear();
  const planned = await people.project.run("plan --allow-removed --json");
  assert.equal(api.requests.length, 0);
  assert.equal(planned.code, 0, planned.output);
  const bodies = [...planned.stdout.matchAll(/\[\\"[^\]]*\]/g)].map(([body]) =>
    JSON.parse(body.replaceAll("\\", ""))
  );

  const run = await people.run("--allow-removed");

  assert.equal(run.code, 0, run.output);
  assert.deepEqual(bodies, api.requests.map(sentBy));
});

Deno.test("what one call of a batch took is saved by the function, and is not sent again when the next is refused", async () => {
  await using api = await fakeApi();
  const code = `
    await changes("SELECT * FROM raw.people").batches(10, async (batch) => {
      const gone = batch.filter(({ action }) => action === "remove");
      const rest = batch.filter(({ action }) => action !== "remove");
      if (gone.length > 0) {
        await http.post(ORIGIN + "/archive", { json: gone.map(({ key }) => key.id) });
        await Promise.all(gone.map((change) => change.save()));
      }
      if (rest.length > 0) await http.post(ORIGIN + "/upsert", { json: rest.map(({ key }) => key.id) });
    });`;
  await using people = await syncProject(api, code, DELIVER);
  await acceptFive(people);
  api.clear();
  api.answer(({ path, json }) => ({
    status: path === "/upsert" && (json as number[]).includes(6) ? 422 : 200,
    json: {},
  }));
  await editThem(people);

  const run = await people.run("--allow-removed");

  assert.equal(run.code, 1);
  assert.deepEqual(api.requests.map(({ path, json }) => [path, json]), [
    ["/archive", [4, 5]],
    ["/upsert", [1, 2, 6]],
    ["/upsert", [1, 2]],
    ["/upsert", [6]],
  ]);
  assert.deepEqual([run.sync.delivery?.saved, run.sync.delivery?.failed], [4, 1]);
});
