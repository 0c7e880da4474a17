/**
 * Models that end well and have sent nothing of what there was, mostly because an `await` is missing: a run that is
 * green says so.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../support/fake_api.ts";
import { COLUMNS, rowsOf, syncProject, type SyncRun } from "../support/sync_project.ts";

const LOOP = `
  for await (const row of query("SELECT * FROM raw.people")) {
    await http.post(ORIGIN + "/people/" + row.id, { json: row });
    await save.row(row);
  }
`;
const NOT_READ =
  /^It ended before it read its query \(models\/sync\/people\.ts:\d+\): nothing was compared, and nothing sent\. .*await/;
const NOTHING_DONE =
  /^It ended and has done nothing with the 3 groups that its query has for it\. .*await/;

const GREEN: Readonly<Record<string, readonly [code: string, warning: RegExp]>> = {
  "a function that nobody calls": [`export default async function () {${LOOP}}`, NOT_READ],
  "a function that waits for something else first": [
    `const main = async () => { await new Promise(() => {}); ${LOOP} };\nmain();`,
    NOT_READ,
  ],
  "a query that is only called": [`query("SELECT * FROM raw.people");`, NOT_READ],
  "a function that logs in first": [
    `const main = async () => { await http.post(ORIGIN + "/login"); await new Promise(() => {}); ${LOOP} };\nmain();`,
    NOT_READ,
  ],
  "functions of rows": [
    `(await query("SELECT * FROM raw.people")).forEach(async (row) => {
      await new Promise(() => {});
      await http.post(ORIGIN, { json: row });
      await save.row(row);
    });`,
    NOTHING_DONE,
  ],
};

/** Lines of the model's log, as `level: text`. */
function logOf({ events }: SyncRun): string[] {
  return events.flatMap((event) =>
    event.type === "log" ? [`${event.level}: ${event.message}`] : []
  );
}

for (const [what, [code, warning]] of Object.entries(GREEN)) {
  Deno.test(`a model that ends well and has sent nothing is warned of: ${what}`, async () => {
    await using api = await fakeApi();
    await using people = await syncProject(api, code);
    await people.setRows(COLUMNS, rowsOf(3));

    const run = await people.run();

    assert.equal(run.sync.status, "ok", run.output);
    const [line = "", ...others] = logOf(run);
    assert.deepEqual(others, []);
    assert.match(line.replace("warn: ", ""), warning);
    assert.match(line, /^warn: /);
    assert.doesNotMatch((await people.project.run("plan")).output, /await/);
  });
}

Deno.test("a model that has nothing to send, or is only to adopt, or has sent before, is not warned of", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, LOOP);
  await people.setRows(COLUMNS, []);
  assert.deepEqual(logOf(await people.run()), []);

  await people.setRows(COLUMNS, rowsOf(3));
  await people.setSync(`export default async () => {${LOOP}};`);
  await people.run("--adopt", "sync.people");
  await people.setSync(`await query("SELECT id FROM raw.people");`);
  assert.deepEqual(logOf(await people.run("--adopt", "sync.people")), []);

  await people.setRows(COLUMNS, rowsOf(5, "Eve"));
  await people.setSync(`
    for await (const row of query("SELECT * FROM raw.people")) {
      const { status } = await http.get(ORIGIN + "/people/" + row.id);
      if (row.id === 2) break;
    }
  `);
  const looked = await people.run();
  assert.equal(looked.sync.delivery?.left, 5, looked.output);
  assert.deepEqual(logOf(looked), []);

  const untilTwo = LOOP.replace("await http", "if (row.id === 2) break;\nawait http");
  await people.setSync(untilTwo);
  assert.deepEqual(logOf(await people.run()), []);

  // That code is known to come to its groups: now it means to pass over them.
  const passed = await people.run();
  assert.equal(passed.sync.delivery?.left, 4, passed.output);
  assert.deepEqual(logOf(passed), []);
  await people.setSync(`${untilTwo} // another one`);
  assert.match(logOf(await people.run()).join(), /^warn: It ended and has done nothing with the 4/);
});

Deno.test("a model that keeps rows of its own and only looks something up is not warned of", async () => {
  await using api = await fakeApi([{ json: [] }]);
  await using people = await syncProject(
    api,
    `
      const known = await query.all("SELECT id FROM raw.people");
      const { json } = await http.get(ORIGIN + "/people");
      await save.rows(json.filter(({ id }) => known.some((each) => each.id === id)));
    `,
  );
  await people.setRows(COLUMNS, rowsOf(3));

  assert.deepEqual(logOf(await people.run()), []);
});
