/**
 * What is said of the groups that `--adopt --held` has left: which of them the next run sends, which it
 * does not, and what is known of those that have left the query.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../support/fake_api.ts";
import { type SyncProject, syncProject } from "./sync_project.ts";

const SEND_CHANGES = `
  await changes("SELECT * FROM raw.people").each(async ({ action, key }) => {
    await http.post(ORIGIN + "/" + action + "/" + key.id, { json: {} });
  });
`;
const ADOPT = ["run", "--adopt", "sync.people", "--held", "crm.csv"];

const setIds = ({ setRows }: SyncProject, ids: readonly number[]) =>
  setRows(["id", "name"], ids.map((id) => [String(id), "'Ada'"]));

async function say({ project }: SyncProject, ...args: string[]): Promise<string> {
  return (await project.run(args)).output.replaceAll(/ +/g, " ");
}

Deno.test("a parked group that --held says to differ is not counted as sent by the next run", async () => {
  await using api = await fakeApi(({ path }) => ({ status: path.endsWith("/4") ? 500 : 200 }));
  await using people = await syncProject(api, SEND_CHANGES, {
    directives: ["max_attempts: 1", "retries: 0"],
    files: { "crm.csv": "id,name\n1,Ada\n4,Dee\n" },
  });
  await setIds(people, [1, 4]);
  await people.run();
  await setIds(people, [1, 4, 5]);

  const planned = await say(people, "plan", ...ADOPT.slice(1));
  const adopted = await say(people, ...ADOPT);

  for (const text of [planned, adopted]) {
    assert.match(text, /1 differs, 1 not there, 0 only there; 1 of these is held back/);
  }
  assert.match(adopted, /1 group waits to be sent; the next run goes on with it/);
  assert.match(adopted, /1 group is parked after @max_attempts failures, and not sent/);
  api.clear();
  assert.match(await say(people, "run"), /1 new, 0 changed, 1 unchanged, 0 removed, 1 held back/);
  assert.deepEqual(api.requests.map(({ path }) => path), ["/create/5"]);
});

Deno.test("what waits for a person stays with the person after --held, whatever is there", async () => {
  await using api = await fakeApi(() => ({ drop: true }));
  await using people = await syncProject(api, SEND_CHANGES, {
    directives: ["delivery: at_most_once", "retries: 0", "on_removed: deliver"],
    files: { "crm.csv": "id,name\n1,Bo\n2,Ada\n3,Ada\n" },
  });
  await setIds(people, [1, 2, 3]);
  await people.run();
  await setIds(people, [1, 2]);

  const { sync } = await people.run(...ADOPT.slice(1));

  // 1 differs, 3 has left the query: it is not known whether what was tried has arrived.
  assert.deepEqual([sync.delivery?.left, sync.adopted?.held_back], [2, 2]);
  const again = await say(people, ...ADOPT);
  assert.doesNotMatch(again, /waits? to be sent/);
  assert.match(again, /2 groups are neither known to be sent nor sent again until you say/);
});
