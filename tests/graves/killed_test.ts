/**
 * Graves of the field: what a kill leaves behind.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../support/fake_api.ts";
import { killWhileOut, SEND_EACH_ROW, syncProject } from "../support/sync_project.ts";
import { acceptedIds, distinct, idsIn, setPeople, upTo, waitingIds } from "./people.ts";

const COUNT = 10_000;

Deno.test("grave: killed after its table and before its requests, a model has recorded nothing as sent", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").batches(500, async (groups) => {
      await http.post(ORIGIN + "/batch", { json: groups.flatMap((group) => group.rows) });
    });`,
  );
  await setPeople(people, COUNT);

  await killWhileOut(api, people, 0);

  assert.equal(people.project.rows("raw.people").length, COUNT, "the source was committed");
  assert.deepEqual(acceptedIds(people), []);
  assert.deepEqual(waitingIds(people), { sent: upTo(500) });

  api.answer(() => ({ json: {} }));
  api.clear();
  const next = await people.run();

  assert.equal(next.code, 0, next.output);
  assert.deepEqual(idsIn(api.requests).toSorted((a, b) => a - b), upTo(COUNT), "each exactly once");
  assert.deepEqual(acceptedIds(people), upTo(COUNT));
});

Deno.test("grave: a run that was killed is no success, and the next one goes on at once", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await setPeople(people, 20);
  const killed = await killWhileOut(api, people, 5);
  assert.notEqual(killed.code, 0);

  api.answer(() => ({ json: {} }));
  // It waits for nobody: what takes minutes is ended by this call.
  const next = await people.run();

  assert.equal(next.code, 0, next.output);
  assert.equal(next.sync.status, "ok");
  assert.deepEqual(distinct(idsIn(api.requests)), upTo(20));
  assert.ok(api.requests.length <= 21, "only what was in flight came twice");
  assert.deepEqual(acceptedIds(people), upTo(20));
});
