/**
 * A model that sends, is of another kind for a while, and sends again: its table has what is accepted.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../../support/fake_api.ts";
import { COLUMNS, rowsOf, SEND_EACH_ROW, syncProject } from "../../support/sync_project.ts";

const WITH_REMOTE_ID = SEND_EACH_ROW.replace(
  /\}\);\s*$/,
  `return { ...row, remote_id: "r" + row.id };\n});`,
);

for (const kind of ["table", "view"]) {
  for (const [how, code] of [["as read", SEND_EACH_ROW], ["with more", WITH_REMOTE_ID]] as const) {
    Deno.test(`a model that saves rows ${how}, was a ${kind} of SQL and sends again has its rows`, async () => {
      await using api = await fakeApi();
      await using people = await syncProject(api, code, {
        files: { "models/z/below.sql": "SELECT id, name FROM sync.people" },
      });
      const { project } = people;
      const below = () => project.rows('SELECT id, name FROM "z.below" ORDER BY id');
      await people.setRows(COLUMNS, rowsOf(3));
      assert.equal((await people.run()).code, 0);
      api.clear();
      await project.remove("models/sync/people.ts");
      await project.write(
        "models/sync/people.sql",
        `-- @kind: ${kind}\nSELECT 9 AS id, 'x' AS name`,
      );
      const other = await project.run("run");
      assert.equal(other.code, 0, other.output);
      assert.deepEqual(below(), [{ id: 9, name: "x" }]);

      await project.remove("models/sync/people.sql");
      await people.setSync(code);
      const back = await people.run();

      assert.equal(back.code, 0, back.output);
      assert.equal(api.requests.length, 0, "nothing has changed");
      assert.equal(below().length, 3);
      await people.setRows(COLUMNS, rowsOf(4));
      const next = await people.run();
      assert.equal(next.code, 0, next.output);
      assert.equal(api.requests.length, 1);
      assert.deepEqual(below(), [1, 2, 3, 4].map((id) => ({ id, name: "Ada" })));
      const check = await project.run("state check");
      assert.equal(check.code, 0, check.output);
      const why = await project.run("why sync.people 1");
      assert.doesNotMatch(why.output, /content 1:(?![0-9a-f])/);
    });
  }
}

Deno.test("a row that came twice is there twice when its model sends again after it was of another kind", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW, {
    files: { "models/z/below.sql": "SELECT id, name FROM sync.people" },
  });
  const { project } = people;
  const below = () => project.rows('SELECT id, name FROM "z.below" ORDER BY id');
  await people.setRows(COLUMNS, [...rowsOf(2), ["1", "'Ada'"]]);
  await people.run();
  const before = below();
  assert.equal(before.length, 3);
  await project.remove("models/sync/people.ts");
  await project.write("models/sync/people.sql", "-- @kind: table\nSELECT 9 AS id, 'x' AS name");
  await project.run("run");
  await project.remove("models/sync/people.sql");
  await people.setSync(SEND_EACH_ROW);

  const back = await people.run();

  assert.equal(back.code, 0, back.output);
  assert.deepEqual(below(), before);
});
