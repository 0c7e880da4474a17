/**
 * A model of which nothing is accepted yet has an empty table: what reads it goes on.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../../support/fake_api.ts";
import { COLUMNS, rowsOf, SEND_EACH_ROW, syncProject } from "../../support/sync_project.ts";

const COUNT_BELOW = { "models/z/sent.sql": "SELECT count(*) AS n FROM sync.people" };

Deno.test("a model that finds nothing to send has an empty table, and what is sent later shows in it", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW, { files: COUNT_BELOW });
  const { project } = people;
  await project.write("models/raw/people.sql", "SELECT 1 AS id, 'x' AS name WHERE FALSE");

  const first = await people.run();
  assert.equal(first.code, 0, first.output);
  assert.equal(first.sync.rows, 0);
  assert.deepEqual(project.rows("z.sent"), [{ n: 0 }]);

  await people.setRows(COLUMNS, rowsOf(3));
  const second = await people.run();
  assert.equal(second.code, 0, second.output);
  assert.deepEqual(project.rows("z.sent"), [{ n: 3 }]);
  assert.equal(api.requests.length, 3);
});

Deno.test("rows that are saved with more columns than were read widen the table that was empty", async () => {
  await using api = await fakeApi();
  const code = SEND_EACH_ROW.replace(/\}\);\s*$/, `return { ...row, remote_id: 7 };\n});`);
  await using people = await syncProject(api, code, { files: COUNT_BELOW });
  const { project } = people;
  await project.write("models/raw/people.sql", "SELECT 1 AS id, 'x' AS name WHERE FALSE");
  assert.equal((await people.run()).code, 0);

  await people.setRows(COLUMNS, rowsOf(1));
  const second = await people.run();

  assert.equal(second.code, 0, second.output);
  assert.deepEqual(project.rows('SELECT id, name, remote_id FROM "sync.people"'), [
    { id: 1, name: "Ada", remote_id: 7 },
  ]);
  assert.deepEqual(project.rows("z.sent"), [{ n: 1 }]);
});

Deno.test("where all groups wait for a person, what reads the model goes on without them", async () => {
  await using api = await fakeApi(() => ({ drop: true }));
  await using people = await syncProject(api, SEND_EACH_ROW, {
    directives: ["delivery: at_most_once"],
    files: COUNT_BELOW,
  });
  const { project } = people;
  await people.setRows(COLUMNS, rowsOf(2));
  const first = await people.run();
  assert.equal(first.code, 1);
  assert.equal(first.sync.delivery?.unknown, 2, first.output);
  const sent = api.requests.length;

  const next = await people.run();

  assert.equal(next.code, 0, next.output);
  assert.deepEqual(project.rows("z.sent"), [{ n: 0 }]);
  assert.equal(api.requests.length, sent);
  const settled = await project.run(["unknown", "settle", "sync.people", "--all", "--sent"]);
  assert.equal(settled.code, 0, settled.output);
  assert.equal((await people.run()).code, 0);
  assert.deepEqual(project.rows("z.sent"), [{ n: 2 }]);
});
