/** Rows of more columns than a chain of conditions, or a function of SQLite, takes. */
import assert from "node:assert/strict";
import { fakeApi } from "../../support/fake_api.ts";
import { syncProject } from "../../support/sync_project.ts";

const COLUMNS = 1_100;
const SEND = `
  await changes("SELECT * FROM raw.people").each(async (change) => {
    const path = ORIGIN + "/people/" + change.key.id;
    if (change.action === "remove") await http.delete(path);
    else await http.put(path, { json: change.rows[0] });
  });
`;

/** Rows of `id`, `c1`, `c2`, …; of one row the last column is another. */
function wideRows(ids: readonly number[], edited?: number): [string[], string[][]] {
  const names = Array.from({ length: COLUMNS - 1 }, (_, i) => `c${i + 1}`);
  const rows = ids.map((id) => [
    String(id),
    ...names.map((name, i) => {
      return `'${name}${id === edited && i === names.length - 1 ? " edited" : ""}'`;
    }),
  ]);
  return [["id", ...names], rows];
}

Deno.test("rows of 1,100 columns are compared, sent, removed and compared with what the far side holds", async () => {
  await using api = await fakeApi();
  const directives = ["on_removed: deliver", "max_removed: 100%"];
  await using people = await syncProject(api, SEND, { directives });
  await people.setRows(...wideRows([1, 2, 3, 4]));
  const first = await people.run();
  assert.equal(first.code, 0, first.output);
  api.clear();

  await people.setRows(...wideRows([2, 3, 4], 3));
  const second = await people.run();

  assert.equal(second.code, 0, second.output);
  assert.deepEqual(
    api.requests.map(({ method, path }) => `${method} ${path}`).sort(),
    ["DELETE /people/1", "PUT /people/3"],
  );
  const why = await people.project.run("why sync.people 3");
  assert.match(why.stdout, /sent c1099 c1099 → c1099 edited/);

  const [names, rows] = wideRows([2, 3, 4], 3);
  const lines = [names, ...rows.map((row) => row.map((value) => value.replaceAll("'", "")))];
  await people.project.write("held.csv", lines.map((line) => `${line.join(",")}\n`).join(""));
  await people.setRows(...wideRows([2, 3, 4], 2));
  const adopted = await people.run("--adopt", "sync.people", "--held", "held.csv");

  assert.equal(adopted.code, 0, adopted.output);
  assert.equal(adopted.sync.adopted?.same, 1);
  assert.deepEqual(adopted.sync.adopted?.differ_in, { c1099: 2 });
});
