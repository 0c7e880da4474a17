/**
 * What a model does for a group after it was saved.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../support/fake_api.ts";
import { COLUMNS, rowsOf, syncProject } from "../support/sync_project.ts";

const QUERY = `query("SELECT * FROM raw.people")`;

/** Sends and saves, and then does what the far side refuses. */
const FORMS = {
  each: `await ${QUERY}.each(async (row) => {
    await http.post(ORIGIN + "/people/" + row.id, { json: row });
    await save.row(row);
    await http.post(ORIGIN + "/tag/" + row.id, { retries: 0 });
  });`,
  changes: `await changes("SELECT * FROM raw.people").each(async ({ key, save }) => {
    await http.post(ORIGIN + "/people/" + key.id);
    await save();
    await http.post(ORIGIN + "/tag/" + key.id, { retries: 0 });
  });`,
  batches: `await ${QUERY}.batches(2, async (groups) => {
    await http.post(ORIGIN + "/people", { json: groups });
    await save.rows(groups.flatMap(({ rows }) => rows));
    await http.post(ORIGIN + "/tag/1", { retries: 0 });
  });`,
} as const;

for (const [form, code] of Object.entries(FORMS)) {
  Deno.test(`an error after a group was saved is told by the run, and the group stays saved: ${form}`, async () => {
    for (const status of [422, 500]) {
      await using api = await fakeApi(({ path }) => ({
        status: path.startsWith("/tag/1") ? status : 200,
      }));
      await using people = await syncProject(api, code);
      await people.setRows(COLUMNS, rowsOf(2));

      const { code: exitCode, output } = await people.project.run("run");

      assert.equal(exitCode, 0, output);
      assert.match(output, /2 delivered = 2 saved/);
      const who = form === "batches"
        ? "id = 1 and 1 more of its batch were saved, and their work"
        : "id = 1 was saved, and its work";
      assert.ok(
        output.includes(
          `warn     sync.people: ${who} ended with an error after that: ` +
            `POST ${api.origin}/tag/1 answered ${status}`,
        ),
        output,
      );
      assert.match(output, /\(models\/sync\/people\.ts:\d+\)/);
      assert.doesNotMatch(output, /id = 2 was saved/);
    }
  });
}

Deno.test("many errors after groups were saved are folded", async () => {
  await using api = await fakeApi(({ path }) => ({ status: path.startsWith("/tag/") ? 500 : 200 }));
  await using people = await syncProject(api, FORMS.each);
  await people.setRows(COLUMNS, rowsOf(25));

  const { code, output } = await people.project.run("run");

  assert.equal(code, 0, output);
  assert.equal(output.match(/was saved, and its work ended with an error/g)?.length, 10);
  assert.match(
    output,
    /warn +sync\.people: Work on 15 more groups ended with an error after they were saved or rejected/,
  );
});

Deno.test("an error that a group of the batch is recorded with is not told once more", async () => {
  await using api = await fakeApi(({ path }) => ({ status: path === "/people/2" ? 500 : 200 }));
  await using people = await syncProject(
    api,
    `await ${QUERY}.batches(2, async (groups) => {
      for (const { key, rows } of groups) {
        await http.post(ORIGIN + "/people/" + key.id, { retries: 0 });
        await save.rows(rows);
      }
    });`,
  );
  await people.setRows(COLUMNS, rowsOf(2));

  const { code, output } = await people.project.run("run");

  assert.equal(code, 1, output);
  assert.match(output, /2 delivered = 1 saved \+ 0 rejected \+ 1 failed/);
  assert.doesNotMatch(output, /after that/);
});

Deno.test("why shows the requests that a group's work made after it was saved", async () => {
  await using api = await fakeApi(({ path }) => ({
    status: path.startsWith("/tag/1") ? 500 : 200,
  }));
  await using people = await syncProject(api, FORMS.each);
  await people.setRows(COLUMNS, rowsOf(2));
  await people.run();

  const { output } = await people.project.run("why sync.people 1");

  assert.match(output, /accepted: created/);
  assert.match(output, /POST \S+\/people\/1 {2}200/);
  assert.match(output, /POST \S+\/tag\/1 {2}500/);
  assert.doesNotMatch(output, /\/2 /);
});

for (
  const [form, code] of [
    [
      "a loop",
      `for await (const row of query("SELECT * FROM raw.people")) {
      await save.row(row);
      await http.post(ORIGIN + "/after/" + row.id, { json: row });
    }`,
    ],
    [
      "each",
      `await query("SELECT * FROM raw.people").each(async (row) => {
      await http.post(ORIGIN + "/before/" + row.id, { json: row });
      await Promise.all([save.row(row), http.post(ORIGIN + "/after/" + row.id, { json: row })]);
      await http.post(ORIGIN + "/later/" + row.id, { json: row });
    });`,
    ],
  ] as const
) {
  Deno.test(`requests that follow a save belong to no change: ${form}`, async () => {
    await using api = await fakeApi();
    await using people = await syncProject(api, code);
    await people.setRows(COLUMNS, rowsOf(3));

    const run = await people.run();

    assert.equal(run.code, 0, run.output);
    assert.equal(run.sync.delivery?.saved, 3);
    const keys = api.requests.map(({ key }) => key);
    assert.equal(new Set(keys).size, form === "each" ? 9 : 3);
    assert.equal(people.project.rows("spoor.ledger").length, 0);
  });
}
