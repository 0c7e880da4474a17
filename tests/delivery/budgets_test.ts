/**
 * Budgets: what a person has to agree to before it is sent.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../support/fake_api.ts";
import { SEND_EACH_ROW, syncProject } from "./sync_project.ts";

const COLUMNS = ["id", "name"];

function rowsOf(ids: readonly number[], name = "x"): string[][] {
  return ids.map((id) => [String(id), `'${name}${id}'`]);
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

Deno.test("more removals than @max_removed block the model, with figures and examples", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(upTo(50)));
  await people.run();
  api.clear();
  await people.setRows(COLUMNS, rowsOf(upTo(39), "new"));

  const blocked = await people.run();

  assert.equal(blocked.code, 1);
  assert.equal(api.requests.length, 0);
  const { error } = blocked.sync;
  assert.equal(
    error?.message,
    "Cannot send sync.people: 11 of 50 groups left its query, and @max_removed is 20%",
  );
  assert.deepEqual(error?.details?.slice(0, 2), ["id = 40", "id = 41"]);
  assert.equal(error?.details?.length, 11);
  assert.equal(error?.details?.at(-1), "… 1 more");
  assert.match(error?.hint ?? "", /Nothing was sent.*spoor run sync\.people --allow-removed/);
  assert.equal(people.project.rows("sync.people").length, 50);

  const allowed = await people.run("--allow-removed");

  assert.equal(allowed.code, 0);
  assert.equal(api.requests.length, 39);
  assert.equal(people.project.rows("sync.people").length, 39);
});

Deno.test("a query that gives nothing blocks always, and forgets nothing", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  await using people = await syncProject(api, SEND_EACH_ROW, {
    directives: ["max_removed: 100%"],
  });
  await people.setRows(COLUMNS, rowsOf([1, 2]));
  await people.run();
  api.clear();
  await people.setSync(SEND_EACH_ROW.replace("raw.people", "raw.people WHERE false"), [
    "max_removed: 100%",
  ]);

  const blocked = await people.run();

  assert.equal(blocked.code, 1);
  assert.match(
    blocked.sync.error?.message ?? "",
    /its query gives no rows, and 2 groups are accepted/,
  );
  assert.equal(people.project.rows("sync.people").length, 2);

  assert.equal((await people.run("--allow-removed")).code, 0);
  assert.equal(people.project.rows("sync.people").length, 0);
  assert.equal(api.requests.length, 0);
});

Deno.test("a model that catches the error of its budget fails all the same", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf([1, 2]));
  await people.run();
  await people.setSync(`try {
    await query("SELECT * FROM raw.people WHERE false").each(() => {});
  } catch { log.info("never mind"); }`);

  const blocked = await people.run();

  assert.equal(blocked.code, 1);
  assert.equal(people.project.rows("sync.people").length, 2);
});

Deno.test("max_changes holds from the second run on, in groups or in percent", async () => {
  for (const limit of ["5", "25%"]) {
    await using api = await fakeApi(() => ({ json: {} }));
    const directives = [`max_changes: ${limit}`];
    await using people = await syncProject(api, SEND_EACH_ROW, { directives });
    await people.setRows(COLUMNS, rowsOf(upTo(20)));
    assert.equal((await people.run()).code, 0);
    api.clear();
    await people.setRows(COLUMNS, rowsOf(upTo(20), "other"));

    const blocked = await people.run();

    assert.equal(blocked.code, 1, limit);
    assert.equal(api.requests.length, 0);
    assert.equal(
      blocked.sync.error?.message,
      `Cannot send sync.people: 20 groups are new or changed, 20 are accepted, and @max_changes is ${limit}`,
    );
    assert.equal((await people.run("--allow-changes")).code, 0);
    assert.equal(api.requests.length, 20);
  }
});

Deno.test("defaults of spoor.yaml set the budgets of all models", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  await using people = await syncProject(api, SEND_EACH_ROW, {
    files: { "spoor.yaml": "defaults:\n  max_changes: 1\n" },
  });
  await people.setRows(COLUMNS, rowsOf([1, 2]));
  await people.run();
  await people.setRows(COLUMNS, rowsOf([1, 2], "other"));

  assert.equal((await people.run()).code, 1);
});
