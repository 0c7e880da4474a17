/**
 * `spoor why` of groups that a run has left: what its end left pending is known exactly of the last one, and a run that
 * was killed is told of too.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../../support/fake_api.ts";
import {
  COLUMNS,
  killWhileOut,
  rowsOf,
  SEND_EACH_ROW,
  SEND_IN_LOOP,
  type SyncProject,
  syncProject,
} from "../../support/sync_project.ts";

/** The line that a group's story has of a run. */
async function lineOf({ project }: SyncProject, id: number, run: RegExp): Promise<string> {
  const { stdout } = await project.run(`why sync.people ${id}`);
  return stdout.split("\n").find((line) => run.test(line)) ?? stdout;
}

Deno.test("why tells a group that the last run did not reach from one that was unchanged; of a run before it says that it cannot", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_IN_LOOP);
  await people.setRows(COLUMNS, rowsOf(6));
  await people.run();
  await people.setRows(COLUMNS, [...rowsOf(2), ...rowsOf(6, "Bo").slice(2)]);
  api.answer(() => ({ status: 422 }));
  assert.equal((await people.run()).sync.delivery?.left, 3);

  assert.match(await lineOf(people, 1, /^run 2 /), / unchanged: accepted content 1:/);
  assert.match(await lineOf(people, 5, /^run 2 /), / not reached: the run left 3 of its groups$/);
  assert.match(await lineOf(people, 3, /^run 2 /), / failed: /);

  await people.run();
  assert.match(await lineOf(people, 1, /^run 3 /), / unchanged: accepted content 1:/);
  assert.match(await lineOf(people, 1, /^run 2 /), / unchanged, or not reached: /);
  assert.match(await lineOf(people, 5, /^run 2 /), / unchanged, or not reached: /);
});

Deno.test("why tells of runs that were killed, before and after the next one has begun", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["concurrency: 1"] });
  await people.setRows(COLUMNS, rowsOf(8));
  await people.run();
  await people.setRows(COLUMNS, [...rowsOf(6, "Bo"), ...rowsOf(8).slice(6)]);
  await killWhileOut(api, people, 2);

  assert.match(await lineOf(people, 2, /^run 2 /), / accepted: /);
  assert.match(await lineOf(people, 3, /^run 2 /), / cut off: a request of it was out$/);
  assert.match(
    await lineOf(people, 5, /^run 2 /),
    / not reached: the run died before its turn came$/,
  );
  assert.match(await lineOf(people, 8, /^run 2 /), / unchanged: accepted content 1:/);

  await killWhileOut(api, people, 1);
  assert.match(await lineOf(people, 3, /^run 2 /), / cut off: a request of it was out$/);
  api.answer(() => ({ json: {} }));
  assert.equal((await people.run()).code, 0);
  const unknown =
    / not tried: the run died, and it is not on record whether the group's turn was to come$/;
  assert.match(await lineOf(people, 5, /^run 4 /), / accepted: /);
  assert.match(await lineOf(people, 5, /^runs 2 to 3 /), unknown);
  assert.match(await lineOf(people, 8, /^run 4 /), / unchanged: /);
  assert.match(await lineOf(people, 8, /^runs 2 to 3 /), unknown);
});
