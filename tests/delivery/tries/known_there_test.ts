/**
 * What is again as it was accepted is not sent after tries that were refused for certain.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  assertRest,
  AT_MOST_ONCE,
  farSideOfNames,
  namesSent,
  REJECT_REFUSED,
  runNamed,
  SEND_CHANGES,
  sendingPeople,
  settle,
} from "./named_people.ts";

for (const promise of ["at_least_once", "at_most_once"]) {
  Deno.test(`${promise}: what is again as it was accepted is not sent after Bad and Busy were refused`, async () => {
    await using api = await farSideOfNames();
    await using people = await sendingPeople(api, [`delivery: ${promise}`]);

    const run = await runNamed(people, ["Bo", "Bo"], ["Bad", "Busy"], ["Bo", "Bo"]);

    assert.deepEqual([namesSent(api), namesSent(api, 3)], [["Bo", "Bad"], ["Bo", "Busy"]]);
    assert.equal(run.code, 0, run.output);
    assert.equal(run.sync.delivery?.unchanged, 3);
    await assertRest(people, "Bo", "Bo");
    // What was refused is tried once more when it comes again.
    await runNamed(people, ["Bad", "Bad"]);
    assert.deepEqual(namesSent(api), ["Bo", "Bad", "Bad"]);
    assert.deepEqual(namesSent(api, 3), ["Bo", "Busy", "Bad"]);
  });
}

Deno.test("what is again as it was accepted is sent after a try that may have done something", async () => {
  await using api = await farSideOfNames();
  await using people = await sendingPeople(api);

  await runNamed(people, "Bo", "Odd", "Bad", "Bo");

  assert.deepEqual(namesSent(api), ["Bo", "Odd", "Bad", "Bo"]);
  await assertRest(people, "Bo");
});

Deno.test("what is again as it was accepted is not sent after what was lost is settled as not sent", async () => {
  await using api = await farSideOfNames();
  await using people = await sendingPeople(api, AT_MOST_ONCE);
  await runNamed(people, "Bo", "Lost", "Bo");
  await settle(people, "--not-sent");

  await people.run();

  assert.deepEqual(namesSent(api), ["Bo", "Lost"]);
  await assertRest(people, "Bo");
});

Deno.test("what is parked, and is again as it was accepted, is over", async () => {
  await using api = await farSideOfNames();
  await using people = await sendingPeople(api, ["max_attempts: 1"]);

  const parked = await runNamed(people, "Bo", "Bad", "Bad");
  assert.equal(parked.sync.delivery?.parked, 1, parked.output);
  await runNamed(people, "Bo");

  assert.deepEqual(namesSent(api), ["Bo", "Bad"]);
  await assertRest(people, "Bo");
  await runNamed(people, "Bad");
  assert.deepEqual(namesSent(api), ["Bo", "Bad", "Bad"]);
});

Deno.test("what was refused and retried, and is again as it was accepted, is over", async () => {
  await using api = await farSideOfNames();
  await using people = await sendingPeople(api, [], REJECT_REFUSED);
  await runNamed(people, "Bo", "Bad");
  await people.project.run("retry sync.people");

  await runNamed(people, "Bo");

  assert.deepEqual(namesSent(api), ["Bo", "Bad"]);
  await assertRest(people, "Bo");
});

for (
  const [onRemoved, sent] of [
    ["keep", ["Bo", "Bad"]],
    ["forget", ["Bo", "Bad", "Bo"]],
    ["deliver", ["Bo", "Bad", "-"]],
  ] as const
) {
  Deno.test(`on_removed ${onRemoved}: what was refused, left the query and is again as it was accepted`, async () => {
    await using api = await farSideOfNames();
    await using people = await sendingPeople(api, [`on_removed: ${onRemoved}`], SEND_CHANGES);

    await runNamed(people, "Bo", "Bad", undefined, "Bo");

    assert.deepEqual(namesSent(api), sent);
    await assertRest(people, "Bo");
  });
}

Deno.test("what was refused comes last, though it counts as changed only where it differs", async () => {
  await using api = await farSideOfNames();
  await using people = await sendingPeople(api, ["concurrency: 1"]);
  await runNamed(people, "Bad");
  api.clear();
  await people.setRows(["id", "name"], [["1", "'Ann'"], ["2", "'Bad'"], ["3", "'Cy'"]]);

  await people.run();

  assert.deepEqual(api.requests.map(({ path }) => path), ["/people/1", "/people/3", "/people/2"]);
});
