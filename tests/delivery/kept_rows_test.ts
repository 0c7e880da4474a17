/** Rows that a tracked model kept for itself are not taken for sent once it sends. */
import assert from "node:assert/strict";
import { fakeApi } from "../support/fake_api.ts";
import { rowsOf, SEND_EACH_ROW, type SyncProject, syncProject } from "./sync_project.ts";

const COLUMNS = ["id", "name"];
const SENDING = "models/sync/people.ts";
const KEEPING = "models/sync/people.sql";
const SQL = "-- @kind: tracked\n-- @unique_key: id\nSELECT * FROM raw.people\n";
const SAVING = `// @kind: tracked
// @unique_key: id
// @depends_on: raw.people
import { query, save } from "spoor";
await save.rows(await query.all("SELECT * FROM raw.people"));
`;

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

  Deno.test(`a model that kept rows by ${by} since it sent asks what the far side has of them`, async () => {
    await using api = await fakeApi();
    await using people = await syncProject(api, SEND_EACH_ROW);
    await people.setRows(COLUMNS, rowsOf(3));
    await people.run();
    const send = await keepRows(people, by);
    await people.setRows(COLUMNS, [["1", "'CHANGED'"], ...rowsOf(3).slice(1)]);
    await people.run();
    api.clear();

    await send();
    const refused = await people.run();
    assert.equal(refused.code, 1);
    assert.match(refused.sync.error?.message ?? "", /it has kept rows that it did not send$/);
    assert.match(refused.sync.error?.hint ?? "", /"spoor run sync\.people --resend sync\.people"/);
    assert.equal(api.requests.length, 0);

    const resent = await people.run("--resend", "sync.people");
    assert.equal(resent.code, 0, resent.output);
    assert.equal(api.requests.length, 3);
    const next = await people.run();
    assert.equal(next.code, 0, next.output);
    assert.equal(api.requests.length, 3, "once was enough");
  });
}

Deno.test("a model that kept rows and is sent again is not done before all of them are", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["retries: 0"] });
  await people.setRows(COLUMNS, rowsOf(3));
  await people.run();
  const send = await keepRows(people, "SQL");
  await people.setRows(COLUMNS, rowsOf(3).map(([id]) => [id ?? "", "'other'"]));
  await people.run();
  api.clear();
  await send();

  api.answer(({ path }) => ({ status: path === "/people/1" ? 200 : 500 }));
  await people.run("--resend", "sync.people");
  api.clear();
  api.answer(() => ({ status: 200 }));
  const { code, output } = await people.run();

  assert.equal(code, 0, output);
  assert.deepEqual(api.requests.map(({ path }) => path), ["/people/2", "/people/3"]);
});

Deno.test("a model that kept rows since it sent can record them as sent", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(2));
  await people.run();
  const send = await keepRows(people, "SQL");
  await people.setRows(COLUMNS, rowsOf(3));
  await people.run();
  api.clear();
  await send();

  const adopted = await people.run("--adopt", "sync.people");
  assert.equal(adopted.code, 0, adopted.output);
  await people.setRows(COLUMNS, rowsOf(4));
  const { code, output } = await people.run();

  assert.equal(code, 0, output);
  assert.deepEqual(api.requests.map(({ path }) => path), ["/people/4"]);
});

Deno.test("a model that kept rows without a change since it sent goes on sending", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(2));
  await people.run();
  const send = await keepRows(people, "SQL");
  await people.run();
  api.clear();
  await send();
  await people.setRows(COLUMNS, rowsOf(3));
  const { code, output } = await people.run();

  assert.equal(code, 0, output);
  assert.deepEqual(api.requests.map(({ path }) => path), ["/people/3"]);
});

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
