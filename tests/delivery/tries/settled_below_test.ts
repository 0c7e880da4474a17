/**
 * What reads a model's target sees what a person settled.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../../support/fake_api.ts";
import { killAfter } from "../../support/spoor.ts";
import { SEND_EACH_ROW } from "../../support/sync_project.ts";
import {
  AT_MOST_ONCE,
  farSideOfNames,
  sendingPeople,
  setName,
  settle,
  settledAsSent,
} from "./named_people.ts";

Deno.test("what was settled as sent wakes the models below, and a plan says so before", async () => {
  await using api = await farSideOfNames();
  await using people = await settledAsSent(api);
  const { project } = people;
  await project.write("models/mart/sent.sql", "SELECT id FROM sync.people");
  assert.equal(project.rows("sync.people").length, 1);
  // Made while what was settled waits to be taken over.
  await project.run("run mart.sent");

  const plan = await project.run("plan --exit-code");
  const run = await people.run();

  assert.equal(plan.code, 3, plan.output);
  assert.match(plan.output, /mart\.sent/);
  assert.equal(run.code, 0, run.output);
  assert.equal(project.rows("sync.people").length, 2);
  assert.equal(project.rows("mart.sent").length, 2);
  const quiet = await people.run();
  assert.equal(quiet.sync.status, "skipped");
});

Deno.test("a removal that was settled as sent wakes the models below", async () => {
  await using api = await fakeApi(({ method }) => method === "DELETE" ? { drop: true } : {});
  const code = `await changes("SELECT * FROM raw.people").each(async ({ action, key, rows }) => {
    const url = ORIGIN + "/people/" + key.id;
    await (action === "remove" ? http.delete(url) : http.put(url, { json: rows[0] }));
  });`;
  await using people = await sendingPeople(api, [...AT_MOST_ONCE, "on_removed: deliver"], code);
  const { project } = people;
  await setName(people, "Bo");
  await project.write("models/mart/sent.sql", "SELECT id FROM sync.people");
  await people.run();
  await setName(people);
  await people.run();
  await settle(people, "--sent");

  await people.run();

  assert.equal(project.rows("sync.people").length, 1);
  assert.equal(project.rows("mart.sent").length, 1);
});

Deno.test("what was settled as sent wakes the models below, though the run that took it over was killed", async () => {
  await using api = await farSideOfNames();
  await using people = await settledAsSent(api);
  const { project } = people;
  await project.write("models/mart/sent.sql", "SELECT id FROM sync.people");
  await project.run("run mart.sent");
  await people.setSync(`${SEND_EACH_ROW}; await http.get(ORIGIN + "/hang");`);
  api.clear();
  await killAfter(project.start("run"), api.received(1));
  await people.setSync(SEND_EACH_ROW);

  await people.run();

  assert.equal(project.rows("mart.sent").length, 2);
});

Deno.test("what was settled as sent and is something else by now wakes nothing below until that is sent", async () => {
  await using api = await farSideOfNames();
  await using people = await settledAsSent(api);
  const { project } = people;
  await project.write("models/mart/sent.sql", "SELECT id FROM sync.people");
  await project.run("run mart.sent");
  await setName(people, "Bad");

  const run = await people.run();

  assert.equal(run.sync.delivery?.failed, 1, run.output);
  assert.equal(project.rows("mart.sent").length, 1);
  assert.equal((await project.run("run --json mart.sent")).output.includes("up to date"), true);
});
