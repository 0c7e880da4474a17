/**
 * Batches of changes that were out when their run was killed: they come again as they were, or wait for a person.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../support/fake_api.ts";
import { killAfter } from "../support/spoor.ts";
import { COLUMNS, killWhileOut, rowsOf, syncProject } from "../support/sync_project.ts";
import { acceptFive, DELIVER, editThem, REMOVING, SEND, sentBy } from "./batched_changes.ts";

for (
  const [name, edit] of Object.entries({
    "as it was": [["1", "'Eva'"], ["2", "'Eva'"], ["3", "'Ada'"], ["6", "'Ada'"]],
    "also when others are new, changed and gone by then": [
      ["0", "'New'"],
      ["1", "'Eva'"],
      ["2", "'Eva'"],
      ["6", "'Ada'"],
      ["7", "'New'"],
    ],
  })
) {
  Deno.test(`a batch of changes that was out when it was killed comes again with its key, ${name}`, async () => {
    await using api = await fakeApi();
    await using people = await syncProject(api, SEND, DELIVER);
    await acceptFive(people);
    api.clear();
    await editThem(people);
    await killWhileOut(api, people, 0, REMOVING);
    const cut = api.requests.map(({ key, body }) => [key, body]);
    assert.deepEqual(api.requests.map(sentBy), [
      ["remove 4", "remove 5", "update 1", "update 2"],
    ]);
    api.clear();
    api.answer(() => ({ json: {} }));
    await people.setRows(COLUMNS, edit);

    const next = await people.run("--allow-removed");

    assert.equal(next.code, 0, next.output);
    assert.deepEqual(api.requests.slice(0, 1).map(({ key, body }) => [key, body]), cut);
    assert.equal(new Set(api.requests.flatMap(sentBy)).size, api.requests.flatMap(sentBy).length);
    assert.deepEqual(
      people.project.rows("sync.people").map(({ id, name }) => [String(id), `'${name}'`])
        .toSorted(),
      edit,
    );
    assert.equal(people.project.rows("spoor.ledger").length, 0);
  });
}

Deno.test("batches of removals that were out together come again as they were, whatever else is gone", async () => {
  await using api = await fakeApi();
  const directives = ["on_removed: deliver", "concurrency: 2"];
  await using people = await syncProject(api, SEND.replace("4", "2"), { directives });
  await people.setRows(COLUMNS, rowsOf(9));
  await people.run();
  api.clear();
  const keep = (...ids: number[]) => people.setRows(COLUMNS, ids.map((id) => [`${id}`, "'Ada'"]));
  await keep(1, 2, 4, 6, 8);
  const running = people.project.start("run --json --allow-removed");
  api.answer(() => ({ hang: true }));
  await killAfter(running, api.received(2));
  const cut = api.requests.map(({ key, body }) => `${body} ${key}`);
  assert.deepEqual(api.requests.map(sentBy).toSorted(), [["remove 3", "remove 5"], [
    "remove 7",
    "remove 9",
  ]]);
  api.clear();
  api.answer(() => ({ json: {} }));
  await keep(1, 2, 6);

  const next = await people.run("--allow-removed");

  assert.equal(next.code, 0, next.output);
  assert.deepEqual(
    api.requests.slice(0, 2).map(({ key, body }) => `${body} ${key}`).toSorted(),
    cut.toSorted(),
  );
  assert.deepEqual(api.requests.slice(2).map(sentBy), [["remove 4", "remove 8"]]);
});

Deno.test("at most once, a batch of changes that was out when it was killed waits for a person", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND, {
    directives: ["on_removed: deliver", "delivery: at_most_once"],
  });
  await acceptFive(people);
  api.clear();
  await editThem(people);
  await killWhileOut(api, people, 0, REMOVING);
  api.clear();
  api.answer(() => ({ json: {} }));

  const next = await people.run("--allow-removed");

  assert.equal(next.code, 0, next.output);
  assert.deepEqual(api.requests.map(sentBy), [["create 6"]]);
  const kept = people.project.rows(`SELECT state FROM "spoor.ledger"`);
  assert.deepEqual(kept, Array(4).fill({ state: "unknown" }));
});

Deno.test("killed while a half of a batch of changes is out, that half comes again with its key", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND.replace("4", "5"), DELIVER);
  await acceptFive(people);
  api.clear();
  await editThem(people);
  // All five are refused together, and the first three are out.
  await killWhileOut(api, people, 1, { answer: () => ({ status: 422, json: {} }), ...REMOVING });
  const cut = api.requests.at(-1);
  assert.deepEqual(cut && sentBy(cut), ["remove 4", "remove 5", "update 1"]);
  api.clear();
  api.answer(() => ({ json: {} }));

  const next = await people.run("--allow-removed");

  assert.equal(next.code, 0, next.output);
  assert.deepEqual(api.requests.map((request) => [request.key, sentBy(request)])[0], [
    cut?.key,
    ["remove 4", "remove 5", "update 1"],
  ]);
  assert.deepEqual(api.requests.slice(1).map(sentBy), [["update 2", "create 6"]]);
});

Deno.test("a batch that a removal began, repeated before, comes again in its own order", async () => {
  await using api = await fakeApi();
  const directives = ["on_removed: deliver", "retries: 0"];
  await using people = await syncProject(api, SEND.replace("4", "1"), { directives });
  await people.setRows(COLUMNS, rowsOf(3));
  api.answer((request) => sentBy(request).includes("create 2") ? { drop: true } : { json: {} });
  await people.run();
  // 2 may be there, and is gone: its removal comes before what is new, in one batch with it.
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["3", "'Ada'"], ["4", "'Di'"], ["5", "'Ed'"]]);
  await people.setSync(SEND, directives);
  api.clear();
  await killWhileOut(api, people, 0, REMOVING);
  const cut = api.requests.map(({ key, body }) => [key, body]);
  assert.deepEqual(api.requests.map(sentBy), [["remove 2", "create 4", "create 5"]]);
  api.clear();
  api.answer(() => ({ json: {} }));

  const next = await people.run("--allow-removed");

  assert.equal(next.code, 0, next.output);
  assert.deepEqual(api.requests.map(({ key, body }) => [key, body]), cut);
});

Deno.test("what comes after a repeated batch with removals in it leaves what waits, one by one", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND, {
    directives: ["on_removed: deliver", "concurrency: 1"],
  });
  await acceptFive(people);
  await people.setRows(COLUMNS, [["2", "'Eva'"], ...rowsOf(5).slice(2)]);
  api.clear();
  await killWhileOut(api, people, 0, REMOVING);
  assert.deepEqual(api.requests.map(sentBy), [["remove 1", "update 2"]]);
  await people.setRows(COLUMNS, [["2", "'Eva'"], ["3", "'Eva'"], ["6", "'Ada'"], ["7", "'Ada'"]]);
  api.clear();
  const waiting: unknown[][] = [];
  const left = () =>
    people.project.rows(`SELECT group_key FROM "spoor.pending" ORDER BY 1`).map((
      { group_key: key },
    ) => key);
  api.answer(() => {
    waiting.push(left());
    return { json: {} };
  });

  const run = await people.run("--allow-removed");

  assert.equal(run.code, 0, run.output);
  assert.deepEqual(api.requests.map(sentBy), [
    ["remove 1", "update 2"],
    ["remove 4", "remove 5", "update 3", "create 6"],
    ["create 7"],
  ]);
  assert.deepEqual(waiting, [["[3]", "[4]", "[5]", "[6]", "[7]"], ["[7]"], []]);
  assert.deepEqual(left(), []);
});
