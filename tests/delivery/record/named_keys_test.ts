/**
 * Groups that a person names by their keys: a decision is about all of them, or about none.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../../support/fake_api.ts";
import { COLUMNS, rowsOf, SEND_EACH_ROW, syncProject } from "../../support/sync_project.ts";

Deno.test("settle changes nothing where one of the groups that are named is not unknown, and names it", async () => {
  await using api = await fakeApi(({ path }) => path === "/people/1" ? {} : { drop: true });
  const directives = ["delivery: at_most_once", "retries: 0"];
  await using people = await syncProject(api, SEND_EACH_ROW, { directives });
  await people.setRows(COLUMNS, rowsOf(4));
  await people.run();
  const states = () =>
    people.project.rows("SELECT group_key, state FROM 'spoor.ledger' ORDER BY group_key")
      .map(({ group_key: key, state }) => `${key} ${state}`);
  const before = states();

  const { code, output } = await people.project.run(
    "unknown settle sync.people 2 1 3 --sent",
  );

  assert.equal(code, 1, output);
  assert.match(
    output,
    /Cannot settle groups of sync\.people: 1 of the 3 groups that are named is not unknown\n {4}id = 1 {2}accepted\n/,
  );
  assert.match(output, /hint: Nothing was changed/);
  assert.deepEqual(states(), before);

  const others = await people.project.run("unknown settle sync.people 2 3 3 --sent");
  assert.equal(others.code, 0, others.output);
  assert.match(others.stdout, /accepts 2 groups without a request/);
});

Deno.test("retry changes nothing where groups that are named are not failed, or do not fit, and says how they stand", async () => {
  await using api = await fakeApi(({ path }) =>
    path === "/people/1" ? {} : path === "/people/2" ? { drop: true } : { status: 422 }
  );
  const directives = ["retries: 0", "max_attempts: 1"];
  await using people = await syncProject(api, SEND_EACH_ROW, { directives });
  await people.setRows(COLUMNS, rowsOf(5));
  await people.run();
  const parked = () => people.project.rows("SELECT 1 FROM 'spoor.ledger' WHERE parked").length;
  assert.equal(parked(), 3);

  const { code, output } = await people.project.run("retry sync.people 3 2 1 5");

  assert.equal(code, 1, output);
  assert.match(
    output,
    /Cannot retry sync\.people: 2 of the 4 groups that are named are not failed or rejected\n {4}id = 2 {2}unknown\n {4}id = 1 {2}accepted\n/,
  );
  const narrowed = ["retry", "sync.people", "3", "4", "--error", "people/4"];
  const unfit = await people.project.run(narrowed);
  assert.equal(unfit.code, 1, unfit.output);
  assert.match(unfit.output, /1 of the 2 groups [^]* does not fit\n {4}id = 3 {2}parked\n/);
  assert.equal(parked(), 3);
});

Deno.test("of many groups that a decision cannot be about the first ten are named", async () => {
  await using api = await fakeApi(({ path }) => path === "/people/1" ? { status: 422 } : {});
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(14));
  await people.run();
  const keys = rowsOf(14).map(([id = ""]) => id);

  const { output } = await people.project.run(["retry", "sync.people", ...keys]);

  assert.match(output, /13 of the 14 groups that are named/);
  assert.equal(output.match(/id = \d+ {2}accepted/g)?.length, 10, output);
  assert.match(output, /… 3 more \(--verbose shows them\)/);
});
