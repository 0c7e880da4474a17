/**
 * A key that is of another type than before, by a CAST in the query or another source, makes no new group of an old one.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../../support/fake_api.ts";
import { COLUMNS, SEND_EACH_ROW, syncProject } from "../../support/sync_project.ts";

const IDS = Array.from({ length: 6 }, (_, i) => String(i + 1));
const INTEGERS = IDS.map((id) => [id, "'x'"]);
const TEXTS = IDS.map((id) => [`'${id}'`, "'x'"]);

const SEND_CHANGES = `
  await changes("SELECT * FROM raw.people").each(async ({ action, key }) => {
    await http.post(ORIGIN + "/" + action, { json: key });
  });
`;

/** Which type the key had is no matter of what becomes of removals. */
const RETYPED = [
  ["forget", SEND_EACH_ROW, INTEGERS, TEXTS],
  ["keep", SEND_EACH_ROW, TEXTS, INTEGERS],
  ["deliver", SEND_CHANGES, INTEGERS, TEXTS],
] as const;

for (const [onRemoved, code, was, is] of RETYPED) {
  const [old, now] = was === TEXTS ? ["TEXT", "INTEGER"] : ["INTEGER", "TEXT"];
  Deno.test(`a key that was ${old} and is ${now} is refused with @on_removed: ${onRemoved}`, async () => {
    await using api = await fakeApi();
    await using people = await syncProject(api, code, {
      directives: [`on_removed: ${onRemoved}`],
    });
    await people.setRows(COLUMNS, was);
    assert.equal((await people.run()).code, 0);
    api.clear();
    await people.setRows(COLUMNS, [...is, [now === "TEXT" ? "'7'" : "7", "'new'"]]);

    const plan = await people.project.run("plan");
    const { code: exitCode, output } = await people.project.run("run --allow-removed");

    assert.equal(exitCode, 1, output);
    assert.match(output, /Cannot send sync\.people: the key of 6 groups is of another type now/);
    assert.match(output, new RegExp(`id = 1 was ${old}, and is ${now}\\n`));
    assert.match(output, new RegExp(`by CAST\\(id AS ${old}\\) in the query`));
    assert.match(plan.output, /the key of 6 groups is of another type now/);
    assert.equal(api.requests.length, 0);

    await people.setRows(COLUMNS, [...was, [old === "TEXT" ? "'7'" : "7", "'new'"]]);
    const mended = await people.run();
    assert.equal(mended.code, 0, mended.output);
    assert.equal(api.requests.length, 1, "only the new one");
  });
}

Deno.test("a key of another type that was adopted is what is compared from then on", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, INTEGERS);
  await people.run();
  api.clear();
  await people.setRows(COLUMNS, TEXTS);
  const { output } = await people.project.run("run");
  const [, command = ""] = /as sent: spoor (.*)/.exec(output) ?? [];

  const adopted = await people.project.run(command);
  const next = await people.run();

  assert.equal(adopted.code, 0, adopted.output);
  assert.equal(next.code, 0, next.output);
  assert.equal(api.requests.length, 0);
});

Deno.test("of a key of two columns the one is named whose type is another; keys of another text are no matter", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setSync(
    `await query("SELECT * FROM raw.people").each(async (row) => {
      await http.post(ORIGIN + "/people", { json: row });
    });`,
    ["unique_key: shop, id"],
  );
  await people.setRows(["shop", "id"], [["'a'", "1"], ["'a'", "2"]]);
  await people.run();
  await people.setRows(["shop", "id"], [["'a'", "'3'"], ["'b'", "'1'"], ["'a'", "1"]]);
  const others = await people.run();
  assert.equal(others.code, 0, others.output);
  await people.setRows(["shop", "id"], [["'a'", "3"], ["'b'", "'1'"], ["'a'", "1"]]);

  const { code, output } = await people.project.run("run");

  assert.equal(code, 1);
  assert.match(output, /the key of 1 group is of another type now/);
  assert.match(output, /id = 3 was TEXT, and is INTEGER/);
  assert.doesNotMatch(output, /shop = a was/);
});
