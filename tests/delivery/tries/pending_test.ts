/**
 * What a run has found and not begun is `pending`, in SQL reach: while it runs, after it was stopped, and
 * after a kill.
 */
import assert from "node:assert/strict";
import { fakeApi } from "../../support/fake_api.ts";
import {
  killWhileOut,
  rowsOf,
  SEND_EACH_ROW,
  type SyncProject,
  syncProject,
} from "../../support/sync_project.ts";

const DELIVER_REMOVED = `
  await changes("SELECT * FROM raw.people").each(async (change) => {
    await http.post(ORIGIN + "/people/" + change.key.id, { json: change.rows });
  });
`;
const STATES =
  `SELECT state, action, count(*) AS n FROM "spoor.changes" GROUP BY 1, 2 ORDER BY 1, 2`;

Deno.test("after kill -9 every group that the run had found has one state; the next run empties the list", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(["id", "name"], rowsOf(12));
  await killWhileOut(api, people, 4);

  assert.deepEqual(states(people), ["pending create 7", "sent create 1"]);
  assert.equal(people.project.rows(`SELECT * FROM "sync.people"`).length, 4);
  const why = await people.project.run("why sync.people 9");
  assert.match(why.stdout, /pending: new, and run 1 did not reach it; the next run/);

  api.answer(() => ({ json: {} }));
  const next = await people.run();
  assert.equal(next.code, 0, next.output);
  assert.deepEqual(states(people), []);
  const cutOff = await people.project.run("why sync.people 5");
  assert.match(cutOff.stdout, /unknown: create: Run 1 ended while a request was out/);
});

Deno.test("new, changed and removed groups are told apart, and one that failed before keeps its state", async () => {
  await using api = await fakeApi([{ json: {} }, { json: {} }, { json: {} }, { status: 422 }]);
  await using people = await syncProject(api, DELIVER_REMOVED, {
    directives: ["on_removed: deliver", "max_removed: 5"],
  });
  await people.setRows(["id", "name"], rowsOf(4));
  await people.run();
  assert.deepEqual(states(people), ["failed create 1"]);

  await people.setRows(["id", "name"], [["1", "'Eve'"], ["4", "'Ada'"], ["5", "'Ada'"], [
    "6",
    "'Ada'",
  ]]);
  await killWhileOut(api, people, 0);

  assert.deepEqual(states(people), [
    "failed create 1",
    "pending create 2",
    "pending remove 1",
    "pending update 1",
    "sent remove 1",
  ]);
});

Deno.test("groups of several rows are pending once each, in the order in which they are sent", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `for await (const group of query("SELECT * FROM raw.people").groups()) {
       await http.post(ORIGIN + "/people", { json: group.rows });
       await save.rows(group.rows);
     }`,
  );
  await people.setRows(["id", "name"], [...rowsOf(5), ...rowsOf(5, "Bob")]);
  await killWhileOut(api, people, 2);

  const pending = people.project.rows(`SELECT number, group_key FROM "spoor.pending"`);
  assert.deepEqual(pending.map((row) => Object.values(row)), [[4, "[4]"], [5, "[5]"]]);
});

Deno.test("what a model left open without a request is pending, and counted as not reached", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `for await (const row of query("SELECT * FROM raw.people")) {
       if (row.id % 2 === 0) continue;
       await http.post(ORIGIN + "/people", { json: row });
       await save.row(row);
     }`,
  );
  await people.setRows(["id", "name"], rowsOf(7));

  const run = await people.run();

  assert.equal(run.sync.delivery?.left, 3);
  assert.deepEqual(states(people), ["pending create 3"]);
  assert.equal(api.requests.length, 4);
  const list = await people.project.run("state list --json");
  assert.match(list.stdout, /"pending":3/);
});

/** `state action count` of all groups that are not accepted. */
function states({ project }: SyncProject): string[] {
  return project.rows(STATES).map((row) => Object.values(row).join(" "));
}
