/**
 * `changes` and `reject` against the real program: what a model is told, and what becomes of it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../support/fake_api.ts";
import { COLUMNS, syncProject } from "../support/sync_project.ts";

const SEND_CHANGES = `
await changes("SELECT * FROM raw.people").each(async (change) => {
  await http.post(ORIGIN + "/" + change.action + "/" + change.key.id, {
    json: { rows: change.rows, previous: change.previous, changed: change.changed, key: change.idempotencyKey },
  });
});`;

Deno.test("changes gives creations, updates with what was before, and removals", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  await using people = await syncProject(api, SEND_CHANGES, {
    directives: ["on_removed: deliver"],
  });
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"], ["3", "'Cy'"]]);
  assert.equal((await people.run()).code, 0);
  assert.deepEqual(api.requests.map(({ path }) => path), ["/create/1", "/create/2", "/create/3"]);
  api.clear();
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bob'"], ["4", "'Di'"]]);

  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  const sent = Object.fromEntries(api.requests.map(({ path, body }) => [path, JSON.parse(body)]));
  assert.deepEqual(Object.keys(sent).sort(), ["/create/4", "/remove/3", "/update/2"]);
  assert.deepEqual(sent["/update/2"].previous, [{ id: 2, name: "Bo" }]);
  assert.deepEqual(sent["/update/2"].changed, ["name"]);
  assert.deepEqual(sent["/remove/3"].rows, []);
  assert.deepEqual(sent["/remove/3"].previous, [{ id: 3, name: "Cy" }]);
  for (const { body, headers } of api.requests) {
    assert.equal(JSON.parse(body).key, headers["idempotency-key"]);
  }
  const kept = people.project.rows("sync.people").map(({ id, name }) => [id, name]);
  assert.deepEqual(kept.sort(), [[1, "Ada"], [2, "Bob"], [4, "Di"]]);
  assert.equal(run.sync.delivery?.saved, 3);

  api.clear();
  await people.run("--full");
  assert.equal(api.requests.length, 0);
});

Deno.test("a removal that fails comes again with its key, until it is accepted", async () => {
  let status = 500;
  await using api = await fakeApi(({ path }) => ({
    status: path.startsWith("/remove") ? status : 200,
  }));
  await using people = await syncProject(api, SEND_CHANGES, {
    directives: ["on_removed: deliver", "retries: 0"],
  });
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"]]);
  await people.run();
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);
  assert.equal((await people.run()).code, 1);
  assert.equal(people.project.rows("sync.people").length, 2);
  status = 200;

  assert.equal((await people.run()).code, 0);

  const removals = api.requests.filter(({ path }) => path === "/remove/2");
  assert.equal(removals.length, 2);
  assert.equal(new Set(removals.map(({ headers }) => headers["idempotency-key"])).size, 1);
  assert.equal(people.project.rows("sync.people").length, 1);
  assert.equal(people.project.rows("spoor.ledger").length, 0);
});

Deno.test("@on_removed: keep leaves a group as it is", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  await using people = await syncProject(api, SEND_CHANGES, { directives: ["on_removed: keep"] });
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"]]);
  await people.run();
  api.clear();
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);
  await people.run();
  assert.equal(people.project.rows("sync.people").length, 2);
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"]]);

  await people.run();

  assert.equal(api.requests.length, 0);
});

Deno.test("@on_removed: deliver with query is an error that names changes", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  await using people = await syncProject(
    api,
    `const read = query;
    await read("SELECT * FROM raw.people").each(() => {});`,
    { directives: ["on_removed: deliver", "depends_on: raw.people"] },
  );
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);

  const { sync } = await people.run();

  assert.match(sync.error?.message ?? "", /it reads by query\(\), which gives no removed groups/);
  assert.match(sync.error?.hint ?? "", /changes\(\)/);
});

Deno.test("a rejected group is parked, does not fail the run, and comes again with other content", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").each(async (row) => {
      if (row.name === "") return void await reject(row, "it has no name");
      await http.post(ORIGIN + "/people/" + row.id, { json: row });
    });`,
  );
  await people.setRows(COLUMNS, [["1", "''"], ["2", "'Bo'"]]);
  const first = await people.run();
  assert.equal(first.code, 0, first.output);
  assert.equal(first.sync.delivery?.rejected, 1);
  assert.equal(first.sync.delivery?.saved, 1);

  const second = await people.run("--full");
  assert.equal(second.sync.delivery?.parked, 1);
  assert.equal(second.sync.delivery?.rejected, 0);

  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"]]);
  await people.run();
  assert.deepEqual(api.requests.map(({ path }) => path), ["/people/2", "/people/1"]);
  assert.equal(people.project.rows("spoor.ledger").length, 0);
});

Deno.test("a group that left the query before it was known how its creation ended is removed", async () => {
  let isLost = true;
  await using api = await fakeApi(({ path }) =>
    isLost && path === "/create/2" ? { drop: true } : { json: {} }
  );
  await using people = await syncProject(api, SEND_CHANGES, {
    directives: ["on_removed: deliver", "retries: 0"],
  });
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"]]);
  assert.equal((await people.run()).code, 1);
  isLost = false;
  api.clear();
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);

  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.deepEqual(api.requests.map(({ path }) => path), ["/remove/2"]);
  const { rows, previous } = JSON.parse(api.requests[0]?.body ?? "");
  assert.deepEqual([rows, previous], [[], []]);
  assert.equal(people.project.rows("spoor.ledger").length, 0);
  assert.equal(run.sync.delivery?.removed, 1);
  assert.equal(run.sync.delivery?.unchanged, 1);

  api.clear();
  await people.run("--full");
  assert.equal(api.requests.length, 0);
});

Deno.test("a removal of what may be there comes again with its key, and is a creation where it returns", async () => {
  let isDown = true;
  await using api = await fakeApi(({ path }) =>
    isDown && path.endsWith("/2") ? { drop: true } : { json: {} }
  );
  await using people = await syncProject(api, SEND_CHANGES, {
    directives: ["on_removed: deliver", "retries: 0"],
  });
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"]]);
  await people.run();
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);
  await people.run();
  await people.run();
  isDown = false;
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"]]);

  assert.equal((await people.run()).code, 0);

  const about2 = api.requests.filter(({ path }) => path.endsWith("/2"));
  const paths = about2.map(({ path }) => path);
  assert.deepEqual(paths, ["/create/2", "/remove/2", "/remove/2", "/create/2"]);
  const [first, removal, again, last] = about2.map(({ headers }) => headers["idempotency-key"]);
  assert.equal(removal, again);
  assert.equal(new Set([first, removal, last]).size, 3);
});
