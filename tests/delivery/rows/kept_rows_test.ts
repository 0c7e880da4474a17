/** Rows that a tracked model kept for itself are not taken for sent once it sends. */
import assert from "node:assert/strict";
import { fakeApi } from "../../support/fake_api.ts";
import {
  COLUMNS,
  rowsOf,
  SEND_EACH_ROW,
  type SyncProject,
  syncProject,
} from "../../support/sync_project.ts";

const SENDING = "models/sync/people.ts";
const KEEPING = "models/sync/people.sql";
const SQL = "-- @kind: tracked\n-- @unique_key: id\nSELECT * FROM raw.people\n";
const SAVING = `// @kind: tracked
// @unique_key: id
// @depends_on: raw.people
import { query, save } from "spoor";
await save.rows(await query.all("SELECT * FROM raw.people"));
`;

/** Sends what is to be done, and what was there before. */
const REPORT = `
  await changes("SELECT * FROM raw.people").each(async ({ action, key, previous }) => {
    const json = { action, id: key.id, previous: previous[0]?.name ?? null };
    await http.post(ORIGIN + "/people", { json });
  });
`;

function byId(a: unknown, b: unknown): number {
  return (a as { id: number }).id - (b as { id: number }).id;
}

/** The same model, which sends nothing; gives back how to make it the one that sends. */
async function keepRows(
  { project }: SyncProject,
  by: "SQL" | "saving",
): Promise<() => Promise<void>> {
  const sending = await project.read(SENDING);
  if (by === "SQL") {
    await project.remove(SENDING);
    await project.write(KEEPING, SQL);
  } else await project.write(SENDING, SAVING);
  return async () => {
    if (by === "SQL") await project.remove(KEEPING);
    await project.write(SENDING, sending);
  };
}

for (const by of ["SQL", "saving"] as const) {
  Deno.test(`a tracked model by ${by} that begins to send sends all that it kept, as new`, async () => {
    await using api = await fakeApi();
    await using people = await syncProject(api, SEND_EACH_ROW);
    const send = await keepRows(people, by);
    await people.setRows(COLUMNS, rowsOf(3));
    await people.run();
    assert.equal(people.project.rows("sync.people").length, 3);

    await send();
    const plan = await people.project.run("plan");
    assert.match(plan.output, /3 to create/);
    const { code, output, sync } = await people.run();

    assert.equal(code, 0, output);
    assert.equal(sync.delivery?.new, 3);
    assert.deepEqual(api.requests.map(({ path }) => path), ["/people/1", "/people/2", "/people/3"]);
    const again = await people.run();
    assert.equal(again.code, 0, again.output);
    assert.equal(api.requests.length, 3);
    assert.equal(people.project.rows("sync.people").length, 3);
  });

  Deno.test(`a model that kept rows by ${by} since it sent goes on from what it had sent`, async () => {
    await using api = await fakeApi();
    await using people = await syncProject(api, REPORT, { directives: ["on_removed: deliver"] });
    await people.setRows(COLUMNS, rowsOf(3));
    await people.run();
    const send = await keepRows(people, by);
    // 1 is changed, 2 is as it was, 3 left, and 4 is new, while nothing is sent.
    await people.setRows(COLUMNS, [["1", "'Eva'"], ["2", "'Ada'"], ["4", "'Ada'"]]);
    await people.run();
    await people.run();
    api.clear();

    await send();
    const plan = await people.project.run("plan");
    assert.match(plan.output, /1 to create, 1 to update, 1 to remove/);
    const { code, output } = await people.run("--allow-removed");

    assert.equal(code, 0, output);
    assert.deepEqual(api.requests.map(({ json }) => json).sort(byId), [
      { action: "update", id: 1, previous: "Ada" },
      { action: "remove", id: 3, previous: "Ada" },
      { action: "create", id: 4, previous: null },
    ]);
    assert.deepEqual(people.project.rows("sync.people").map(({ id, name }) => [id, name]), [
      [1, "Eva"],
      [2, "Ada"],
      [4, "Ada"],
    ]);
    const next = await people.run();
    assert.equal(next.code, 0, next.output);
    assert.equal(api.requests.length, 3, "once was enough");
    const check = await people.project.run("state check");
    assert.equal(check.code, 0, check.output);
  });
}

Deno.test("state mv of a model of SQL to one that sends does not make its rows sent", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  const sending = await people.project.read(SENDING);
  await people.project.remove(SENDING);
  await people.project.write(KEEPING, SQL);
  await people.setRows(COLUMNS, rowsOf(2));
  await people.run("raw.people", "sync.people");

  await people.project.remove(KEEPING);
  await people.project.write("models/sync/contacts.ts", sending);
  const moved = await people.project.run("state mv sync.people sync.contacts");
  assert.equal(moved.code, 0, moved.output);
  const { code, stdout } = await people.project.run("run");

  assert.equal(code, 0, stdout);
  assert.deepEqual(api.requests.map(({ path }) => path), ["/people/1", "/people/2"]);
});

Deno.test("a model that kept rows and is another one's new name is asked whether it was renamed", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(2));
  await people.run();
  const sending = await people.project.read(SENDING);
  await people.project.remove(SENDING);
  await people.project.write("models/sync/contacts.sql", SQL);
  await people.project.run("run");
  api.clear();

  await people.project.remove("models/sync/contacts.sql");
  await people.project.write("models/sync/contacts.ts", sending);
  const { code, output } = await people.project.run("run");

  assert.equal(code, 1, output);
  assert.match(output, /sync\.people, which the project no longer has, has 2 accepted rows/);
  assert.equal(api.requests.length, 0);
});

Deno.test("state mv takes what was sent before rows were kept, so that only what changed since is sent", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(3));
  await people.run();
  const text = await people.project.read(SENDING);
  await keepRows(people, "SQL");
  await people.setRows(COLUMNS, [["1", "'Eva'"], ...rowsOf(3).slice(1)]);
  await people.run();
  api.clear();

  await people.project.remove(KEEPING);
  await people.project.write("models/sync/contacts.ts", text);
  const moved = await people.project.run("state mv sync.people sync.contacts");
  assert.equal(moved.code, 0, moved.output);
  const { code, output } = await people.project.run("run");

  assert.equal(code, 0, output);
  assert.deepEqual(api.requests.map(({ path }) => path), ["/people/1"]);
  const left = people.project.rows(
    `SELECT name FROM sqlite_schema WHERE name LIKE '%sync.people%' OR name LIKE 'spoor.delivered.%'`,
  );
  assert.deepEqual(left, []);
});
