/** Texts with a NUL in them: SQLite keeps them whole, and so must whoever is given them. */
import assert from "node:assert/strict";
import { fakeApi } from "../../support/fake_api.ts";
import { COLUMNS, SEND_EACH_ROW, syncProject } from "../../support/sync_project.ts";

Deno.test("a text with a NUL is sent whole, and a change behind it is one", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, [["1", "'Ada' || char(0) || 'Gold'"], ["2", "'Eva'"]]);
  await people.run();
  assert.deepEqual(api.requests.find(({ path }) => path === "/people/1")?.json, {
    id: 1,
    name: "Ada\0Gold",
  });
  api.clear();

  await people.setRows(COLUMNS, [["1", "'Ada' || char(0) || 'Silver'"], ["2", "'Eva'"]]);
  const { sync } = await people.run();

  assert.equal(sync.delivery?.changed, 1);
  assert.deepEqual(api.requests.map(({ json }) => json), [{ id: 1, name: "Ada\0Silver" }]);
  const [row] = people.project.rows(`SELECT hex(name) AS name FROM "sync.people" WHERE id = 1`);
  assert.equal(row?.name, "4164610053696C766572");
  assert.match(
    (await people.project.run("why sync.people 1")).stdout,
    /name Ada.*Gold → Ada.*Silver/,
  );
});

Deno.test("a text with a NUL is given whole to a query that tracks nothing, and shown so", async () => {
  await using api = await fakeApi();
  const files = {
    "models/raw/copy.ts": `// @kind: table
import { query, save } from "spoor";
for await (const row of query("SELECT * FROM raw.people")) {
  await save.row({ ...row, length: row.name.length });
}
`,
  };
  await using people = await syncProject(api, SEND_EACH_ROW, { files });
  await people.setRows(COLUMNS, [["1", "'Ada' || char(0) || 'Gold'"]]);
  const { output } = await people.run("+raw.copy");

  assert.deepEqual(
    people.project.rows(`SELECT length, hex(name) AS name FROM "raw.copy"`),
    [{ length: 8, name: "41646100476F6C64" }],
    output,
  );
  const shown = await people.project.run("query raw.copy --json");
  assert.match(shown.stdout, /"Ada\\u0000Gold"/);
});

Deno.test("a table whose rows differ behind a NUL only wakes what reads it", async () => {
  await using api = await fakeApi();
  const files = {
    "models/raw/people.ts": `// @kind: table
// @allow_read: name.txt
import { files, save } from "spoor";
for await (const file of files("name.txt")) await save.row({ id: 1, name: await file.text() });
`,
  };
  await using people = await syncProject(api, SEND_EACH_ROW, { files });
  await people.project.write("name.txt", "Ada\0Gold");
  await people.run();
  api.clear();

  await people.project.write("name.txt", "Ada\0Silver");
  const { output } = await people.run();

  assert.deepEqual(api.requests.map(({ json }) => json), [{ id: 1, name: "Ada\0Silver" }], output);
});
