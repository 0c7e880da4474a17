/**
 * What a person, or the model's `verify`, has said that the far side has is not sent to it again, until something
 * may have replaced it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { SEND_EACH_ROW } from "../../support/sync_project.ts";
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
  settledAsSent,
} from "./named_people.ts";

for (const [how, code] of [["failed", SEND_EACH_ROW], ["rejected", REJECT_REFUSED]] as const) {
  Deno.test(`what was settled as sent is not sent again after what came instead was refused, and ${how}`, async () => {
    await using api = await farSideOfNames();
    await using people = await settledAsSent(api, [], code);
    await runNamed(people, "Bad", "Bad");

    const run = await runNamed(people, "Lost");

    assert.deepEqual(namesSent(api).filter((name) => name !== "Bad"), ["Lost"]);
    assert.equal(run.code, 0, run.output);
    await assertRest(people, "Lost");
    const why = await people.project.run("why sync.people 2");
    assert.match(why.stdout, /next .*accepted; nothing to do/);
  });
}

Deno.test("at least once: what was settled as sent is not sent again after another one was refused, and is after one that may have done something", async () => {
  await using api = await farSideOfNames();
  await using people = await sendingPeople(api);
  await runNamed(people, ["Lost", "Lost"]);
  await settle(people, "--sent", [2, 3]);

  await runNamed(people, ["Busy", "Odd"], ["Lost", "Lost"]);

  assert.deepEqual(namesSent(api), ["Lost", "Busy"]);
  assert.deepEqual(namesSent(api, 3), ["Lost", "Odd", "Lost"]);
});

Deno.test("what verify has found is not sent again after what came instead was refused", async () => {
  const verify = "export function verify() { return true; }";
  await using api = await farSideOfNames();
  await using people = await sendingPeople(api, AT_MOST_ONCE, SEND_EACH_ROW + verify);
  const verified = await runNamed(people, "Lost", "Lost");
  assert.equal(verified.sync.verified?.sent, 1);

  await runNamed(people, "Bad", "Lost");

  assert.deepEqual(namesSent(api), ["Lost", "Bad"]);
  await assertRest(people, "Lost");
});

Deno.test("what was settled as sent is known again when what was lost since is settled as not sent", async () => {
  await using api = await farSideOfNames();
  await using people = await settledAsSent(api);
  const held = await runNamed(people, "Mislaid", "Lost");
  assert.equal(held.sync.delivery?.held_back, 1, held.output);
  await settle(people, "--not-sent");

  await runNamed(people, "Lost");

  assert.deepEqual(namesSent(api), ["Lost", "Mislaid"]);
  await assertRest(people, "Lost");
});

Deno.test("what was settled as sent is not what the far side has when what was lost since is settled as sent", async () => {
  await using api = await farSideOfNames();
  await using people = await settledAsSent(api);
  await runNamed(people, "Mislaid");
  await settle(people, "--sent");

  await runNamed(people, "Bad", "Mislaid");
  assert.deepEqual(namesSent(api), ["Lost", "Mislaid", "Bad"]);
  await assertRest(people, "Mislaid");
  await runNamed(people, "Lost");

  assert.deepEqual(namesSent(api), ["Lost", "Mislaid", "Bad", "Lost"]);
});

for (
  const [onRemoved, sent] of [
    ["keep", ["Lost"]],
    ["forget", ["Lost", "Lost"]],
    ["deliver", ["Lost", "-"]],
  ] as const
) {
  Deno.test(`on_removed ${onRemoved}: what was settled as sent, left the query and comes back`, async (t) => {
    await using api = await farSideOfNames();
    const directives = [...AT_MOST_ONCE, `on_removed: ${onRemoved}`];
    await using people = await sendingPeople(api, directives, SEND_CHANGES);
    await runNamed(people, [undefined, "Bo"], ["Lost", "Lost"]);
    await settle(people, "--sent", [2, 3]);

    await runNamed(people, [undefined, "Bad"], [undefined, undefined], ["Lost", "Lost"]);

    assert.deepEqual(
      namesSent(api).filter((name, i, all) => name !== all[i - 1] || name !== "-"),
      sent,
    );
    await t.step("the same where another one was accepted before, and refused after", () => {
      const [first, ...others] = sent;
      assert.deepEqual(namesSent(api, 3), ["Bo", first, "Bad", ...others]);
    });
  });
}

Deno.test("what is tried again in place of what was settled as sent is an update each time", async () => {
  await using api = await farSideOfNames();
  await using people = await settledAsSent(api, [], SEND_CHANGES);

  await runNamed(people, "Bad", "Bad");

  const actions = api.requests.filter(({ path }) => path.endsWith("/2"))
    .map(({ headers }) => headers["x-action"]);
  assert.deepEqual(actions, ["create", "update", "update"]);
});

Deno.test("what was settled as sent and is kept stands in no way of another unique key", async () => {
  await using api = await farSideOfNames();
  await using people = await settledAsSent(api, ["on_removed: keep"], SEND_CHANGES);
  await runNamed(people, undefined);
  const directives = ["retries: 0", ...AT_MOST_ONCE, "on_removed: keep", "unique_key: name"];
  await people.setSync(SEND_EACH_ROW, directives);

  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.deepEqual(people.project.rows("spoor.ledger"), []);
});

Deno.test("what was settled as sent counts no more once an export says what the far side holds", async () => {
  await using api = await farSideOfNames();
  await using people = await settledAsSent(api);
  await runNamed(people, "Bad");
  await people.project.write("held.csv", "id,name\n1,Ada\n2,Eve\n");
  const adopted = await people.project.run("run --adopt sync.people --held held.csv");
  assert.equal(adopted.code, 0, adopted.output);

  await runNamed(people, "Lost");

  assert.deepEqual(namesSent(api), ["Lost", "Bad", "Lost"]);
});
