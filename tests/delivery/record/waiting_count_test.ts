/**
 * How many groups wait, by what is known of each: in describe those that the next run sends, in the reason of a run
 * those that are not acknowledged.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../../support/fake_api.ts";
import { readLines } from "../../support/read_lines.ts";
import {
  COLUMNS,
  killWhileOut,
  rowsOf,
  SEND_EACH_ROW,
  syncProject,
} from "../../support/sync_project.ts";

Deno.test("describe counts the groups that the next run sends, and a run's reason those that are not acknowledged", async () => {
  await using api = await fakeApi(({ path }) => {
    const id = Number(path.split("/").at(-1));
    return id < 5 ? { status: 422 } : id < 8 ? { drop: true } : { json: {} };
  });
  await using people = await syncProject(api, SEND_EACH_ROW, {
    directives: ["max_attempts: 1", "retries: 0", "delivery: at_most_once"],
  });
  await people.setRows(COLUMNS, rowsOf(12));
  const waiting = async () =>
    (await readLines(people.project, "describe", "sync.people"))[0]?.waiting;
  await people.run();

  assert.equal(await waiting(), 0, "4 are parked, and 3 wait for a person");
  assert.doesNotMatch((await people.project.run("describe sync.people")).stdout, /to be sent/);
  for (
    const [command, count] of [
      ["retry sync.people 1", 1],
      ["retry sync.people 2", 2],
      ["unknown settle sync.people 5 --sent", 2],
      ["unknown settle sync.people 6 --not-sent", 3],
    ] as const
  ) {
    await people.project.run(command);
    assert.equal(await waiting(), count, command);
  }
  assert.match(
    (await people.project.run("describe sync.people")).stdout,
    /waiting +3 groups to be sent/,
  );
  assert.match((await people.project.run("plan")).stdout, /7 groups not acknowledged/);
  assert.equal((await people.run()).sync.reason, "7 groups not acknowledged");
});

Deno.test("after a kill the groups count that are left, and not those that the run had before it", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["concurrency: 1"] });
  await people.setRows(COLUMNS, rowsOf(1));
  await people.run();
  await people.setRows(COLUMNS, rowsOf(14));
  await killWhileOut(api, people, 5);

  const [described] = await readLines(people.project, "describe", "sync.people");
  assert.equal(described?.waiting, 8);
  api.answer(() => ({ json: {} }));
  assert.equal((await people.run()).sync.reason, "8 groups not acknowledged");
});
