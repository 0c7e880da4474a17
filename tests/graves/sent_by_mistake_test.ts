/**
 * Graves of the field: what was sent and should not have been, and what should have been and was not.
 *
 * @module
 */
import assert from "node:assert/strict";
import { SEND_EACH_ROW, syncProject } from "../delivery/sync_project.ts";
import { fakeApi } from "../support/fake_api.ts";
import { acceptedIds, idsIn, runAgain, setPeople } from "./people.ts";

const hasPlan = await Deno.stat(new URL("../../src/cli/commands/plan.ts", import.meta.url))
  .then(() => true, () => false);

Deno.test({
  name: "grave: a preview sends nothing",
  // There is no preview that could send.
  ignore: !hasPlan,
  async fn() {
    await using api = await fakeApi();
    await using people = await syncProject(api, SEND_EACH_ROW);
    await setPeople(people, 20);

    for (const form of [[], ["--json"], ["-o", "plan.json"]]) {
      const plan = await people.project.run(["plan", ...form]);
      assert.equal(plan.code, 0, plan.output);
    }

    assert.equal(api.connections, 0, "not even a connection was made");
    const run = await people.run();
    assert.equal(run.sync.delivery?.new, 20, "and nothing was taken for sent");
    assert.equal(api.requests.length, 20);
  },
});

Deno.test("grave: a comment in a shared file sends nothing", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, "", {
    files: {
      "lib/crm.ts": `export const toContact = (row) => ({ id: row.id, email: row.name });\n`,
    },
  });
  const code = `await query("SELECT * FROM raw.people").each(async (row) => {
    await http.post(ORIGIN + "/people", { json: toContact(row) });
  });`;
  await people.setSync(code);
  const model = await people.project.read("models/sync/people.ts");
  await people.project.write(
    "models/sync/people.ts",
    model.replace(/^import/m, `import { toContact } from "../../lib/crm.ts";\nimport`),
  );
  await setPeople(people, 50);
  assert.equal((await people.run()).sync.delivery?.saved, 50);

  const shared = await people.project.read("lib/crm.ts");
  await people.project.write("lib/crm.ts", `// The CRM takes contacts.\n${shared}`);
  const run = await runAgain(people, api);

  assert.equal(run.code, 0, run.output);
  assert.equal(api.requests.length, 0);
});

Deno.test("grave: 'Gold' → 'GOLD' is seen", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await setPeople(people, 10, "'Gold' AS plan");
  await people.run();

  await setPeople(people, 10, "iif(id = 4, 'GOLD', 'Gold') AS plan");
  await runAgain(people, api);
  assert.deepEqual(api.requests.map(({ json }) => json), [{ id: 4, plan: "GOLD" }]);

  // The same where the column itself says that case does not matter.
  await setPeople(people, 10, "iif(id = 5, 'gold', 'Gold') COLLATE NOCASE AS plan");
  await runAgain(people, api);
  assert.deepEqual(idsIn(api.requests).toSorted(), [4, 5]);
});

Deno.test("grave: removals reach the API", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `await changes("SELECT * FROM raw.people").each(async ({ action, key, rows }) => {
      if (action === "remove") await http.delete(ORIGIN + "/people/" + key.id);
      else await http.put(ORIGIN + "/people/" + key.id, { json: rows[0] });
    });`,
    { directives: ["on_removed: deliver"] },
  );
  await setPeople(people, 30);
  await people.run();

  await setPeople(people, 27);
  const run = await runAgain(people, api);

  assert.equal(run.code, 0, run.output);
  assert.deepEqual(api.requests.map(({ method, path }) => `${method} ${path}`), [
    "DELETE /people/28",
    "DELETE /people/29",
    "DELETE /people/30",
  ]);
  assert.equal(acceptedIds(people).length, 27);
  await runAgain(people, api, "--full");
  assert.equal(api.requests.length, 0, "each once");
});
