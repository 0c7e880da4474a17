/**
 * A grave of the field: a request that nobody waits for. Its row is marked as sent, and the refusal comes
 * when nobody listens any more.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../support/fake_api.ts";
import { saidOf, syncForms } from "../support/sync_forms.ts";
import { rowsOf, syncProject } from "../support/sync_project.ts";
import { setPeople } from "./people.ts";

const FORMS = {
  each: `await query("SELECT * FROM raw.people").each(async (row) => {
    http.post(ORIGIN + "/people/" + row.id, { json: row }).catch(() => {});
  });`,
  loop: `for await (const row of query("SELECT * FROM raw.people")) {
    http.post(ORIGIN + "/people/" + row.id, { json: row }).catch(() => {});
    await save.row(row);
  }`,
  batches: `await query("SELECT * FROM raw.people").batches(2, (groups) => {
    http.post(ORIGIN + "/batch", { json: groups }).catch(() => {});
  });`,
  changes: `for await (const change of changes("SELECT * FROM raw.people")) {
    http.post(ORIGIN + "/people/" + change.key.id, { json: change.rows }).catch(() => {});
    await change.save();
  }`,
} as const;

Deno.test("grave: a refused request that was not awaited is not recorded as sent", async (t) => {
  await using api = await fakeApi(() => ({ status: 422, delayMs: 100 }));
  await using forms = await syncForms(api, FORMS, rowsOf(4));
  const run = await forms.run();

  for (const form of Object.keys(FORMS)) {
    await t.step(form, () => {
      const model = forms.modelOf(form);
      const said = saidOf(run, model);
      const { status, delivery } = run.model(model);
      assert.deepEqual([status, delivery?.saved], ["failed", 0], said);
      assert.deepEqual(forms.project.rows(`spoor.accepted.${model}`), []);
      assert.match(said, /Cannot save id = 1: a request of it has not been answered yet/);
      assert.match(said, /"hint":"Write \\"await\\" before http\.post/);
    });
  }
});

Deno.test("grave: a request that was not awaited, and a model that ends by it: its group is unknown", async () => {
  const arrived = Promise.withResolvers<void>();
  await using api = await fakeApi(async ({ method }) => {
    if (method === "POST") arrived.resolve();
    else await arrived.promise;
    return { hang: method === "POST" };
  });
  await using people = await syncProject(
    api,
    `for await (const row of query("SELECT * FROM raw.people")) {
      http.post(ORIGIN + "/people/" + row.id, { json: row });
      await http.get(ORIGIN + "/arrived");
      save.row(row);
    }`,
  );
  await setPeople(people, 1);

  const { code, output } = await people.project.run("run");

  assert.equal(code, 1, output);
  const unknown = /(\d) unknown, \d left; (.*)/.exec(output);
  assert.equal(
    unknown?.[2],
    "the next run sends those that are unknown again, with the same keys (spoor unknown lists them)",
    output,
  );
  const { stdout } = await people.project.run("unknown");
  assert.equal(stdout.match(/^sync\.people {2}id = \d/gm)?.length, Number(unknown?.[1]), stdout);
  assert.equal(api.requests.filter(({ method }) => method === "POST").length, 1);
  assert.equal(unknown?.[1], "1");
});
