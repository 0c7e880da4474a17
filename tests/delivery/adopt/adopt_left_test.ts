/**
 * What is said of the groups that `--adopt --held` has left: which of them the next run sends, which it
 * does not, and what is known of those that have left the query.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../../support/fake_api.ts";
import { type SyncProject, syncProject } from "../../support/sync_project.ts";

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
  assert.match(adopted, /1 group is parked after failures, and not sent/);
  assert.match(await say(people, "retry", "sync.people", "5"), /As it stands: 1 pending group/);
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

Deno.test("of what has left the query and is there, retry and why say that the next run removes it", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_CHANGES, {
    directives: ["on_removed: deliver"],
    files: { "crm.csv": "id,name\n1,Ada\n6,Ada\n7,Ada\n" },
  });
  await setIds(people, [1, 6, 7]);
  await people.run();
  await setIds(people, [1]);
  const adopted = await say(people, ...ADOPT);
  assert.match(adopted, /2 groups wait to be sent; the next run goes on with them/);

  for (const args of [["sync.people"], ["--all"]]) {
    const retried = await say(people, "retry", ...args);
    assert.match(retried, /As it stands: 2 groups that left the query, to be removed/);
    assert.match(retried, /hint: The next run looks again, and sends what is pending/);
  }
  assert.match(await say(people, "retry", "sync.people", "6"), /1 group that left the query/);
  assert.match(await say(people, "retry", "sync.people", "1"), /As it stands: 1 accepted group$/m);
  const why = await say(people, "why", "sync.people", "6");
  assert.match(why, /next left the query, .* still there: the next run removes it/);
  assert.match(why, /run 2 .*: the model as a whole: .* not there, 2 there that left the query/);
  assert.match(await say(people, "why", "sync.people", "1"), /next accepted; nothing to do/);
  const { stdout } = await people.project.run(["why", "sync.people", "6", "--json"]);
  assert.equal(JSON.parse(stdout.split("\n")[0] ?? "").next.code, "pending");

  await people.run();
  assert.deepEqual(api.requests.slice(3).map(({ path }) => path), ["/remove/6", "/remove/7"]);
  assert.match(await say(people, "why", "sync.people", "6"), /next removed at the far side/);
});

Deno.test("of what --held has left and has left the query since, why says no more that it is sent", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_CHANGES, {
    files: { "crm.csv": "id,name\n1,Ada\n4,Dee\n" },
  });
  await setIds(people, [1, 4, 5]);
  await people.run(...ADOPT.slice(1));
  await setIds(people, [1]);
  await people.run();

  for (const id of ["4", "5"]) {
    const why = await say(people, "why", "sync.people", id);
    assert.match(why, /next no longer in the query; it counts as new if it comes back/);
  }
});

Deno.test("of what --adopt has forgotten, why does not say that it was recorded, nor unchanged since", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_CHANGES, { directives: ["on_removed: keep"] });
  await setIds(people, [1, 2]);
  await people.run();
  await setIds(people, [1, 3]);
  await people.run("--adopt", "sync.people");
  await setIds(people, [1, 3, 4]);
  await people.run();

  const gone = await say(people, "why", "sync.people", "2");
  assert.match(gone, /next no longer in the query; it counts as new if it comes back/);
  assert.match(
    gone,
    /run 2 .* as a whole: 1 group recorded as sent; 1 that left the query forgotten/,
  );
  assert.match(gone, /run 3 .* not there: not in the query/);
  const kept = await say(people, "why", "sync.people", "1");
  assert.match(kept, /run 3 .* unchanged: accepted content/);
});
