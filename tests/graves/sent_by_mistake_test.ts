/**
 * Graves of the field: what was sent and should not have been, and what should have been and was not.
 *
 * @module
 */
import assert from "node:assert/strict";
import { stateBytes } from "../plan/plan_project.ts";
import { type Answer, fakeApi, type ReceivedRequest } from "../support/fake_api.ts";
import { SEND_EACH_ROW, syncProject } from "../support/sync_project.ts";
import { acceptedIds, idsIn, runAgain, setPeople, upTo } from "./people.ts";

const WHENS = ["before the first run", "of edits and removals", "of what was left"] as const;

/** What is shown in other words is reckoned in the same way; what it is reckoned of is not. */
const FORMS_OF_PLAN: Readonly<Record<typeof WHENS[number], readonly (readonly string[])[]>> = {
  "before the first run": [["--json"], ["-o", "plan.json"]],
  "of edits and removals": [[], ["--format", "md"]],
  "of what was left": [[], ["--full", "--resend", "sync.people"]],
};

for (const when of WHENS) {
  Deno.test(`grave: a preview sends nothing, ${when}`, async () => {
    await using api = await fakeApi();
    await using people = await syncProject(api, SEND_CHANGES, {
      directives: ["on_removed: deliver", "retries: 0"],
    });
    await setPeople(people, 20);
    if (when !== "before the first run") {
      // 3 is refused; whether 4 has arrived is unknown.
      if (when === "of what was left") api.answer(leaveSome);
      await people.run();
      api.answer(() => ({ json: {} }));
      await setPeople(people, 18, "iif(id < 6, 'Eva', 'Ada') AS name");
    }
    const expected = {
      "before the first run": upTo(20).map((id) => `create ${id}`),
      "of edits and removals": [...upTo(5).map((id) => `update ${id}`), "remove 19", "remove 20"],
      "of what was left": [
        ...[1, 2, 5].map((id) => `update ${id}`),
        ...[3, 4].map((id) => `create ${id}`),
        "remove 19",
        "remove 20",
      ],
    }[when].toSorted();
    await Deno.mkdir(people.project.path(".spoor"), { recursive: true });
    const before = await stateBytes(people.project);
    api.clear();

    for (const form of FORMS_OF_PLAN[when]) {
      const { code, output } = await people.project.run(["plan", ...form]);
      assert.equal(api.connections, 0, "not even a connection was made");
      assert.equal(code, 0, output);
      assert.match(output, form.includes("-o") ? /Wrote plan.json/ : /\/update\/5|\/create\/5/);
    }

    assert.deepEqual(await stateBytes(people.project), before, "and nothing was taken for sent");
    const run = await people.run();
    assert.equal(run.code, 0, run.output);
    assert.deepEqual(api.requests.map(({ json }) => json).toSorted(), expected);
  });
}

/** Says of each change what it is. */
const SEND_CHANGES = `
  await changes("SELECT * FROM raw.people").each(async ({ action, key }) => {
    await http.post(ORIGIN + "/" + action + "/" + key.id, { json: action + " " + key.id });
  });
`;

function leaveSome({ path }: ReceivedRequest): Answer {
  return path === "/create/4" ? { drop: true } : { status: path === "/create/3" ? 422 : 200 };
}

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
