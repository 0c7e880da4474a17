/**
 * `--adopt`: the far side holds it all already.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../../support/fake_api.ts";
import { COLUMNS, SEND_EACH_ROW, syncProject } from "../../support/sync_project.ts";

Deno.test("--adopt sends nothing, and afterwards only what changes is sent", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"]]);

  const adopted = await people.run("--adopt", "sync.people");

  assert.equal(adopted.code, 0);
  assert.equal(adopted.sync.reason, "--adopt");
  assert.equal(api.requests.length, 0);
  assert.equal(people.project.rows("sync.people").length, 2);
  await people.run("--full");
  assert.equal(api.requests.length, 0);
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bob'"]]);
  await people.run();
  assert.deepEqual(api.requests.map(({ path }) => path), ["/people/2"]);
});

Deno.test("--adopt says what it has recorded, and what it has forgotten", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"], ["3", "'Cy'"]]);
  await people.run();
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bob'"], ["4", "'Di'"]]);

  const { output } = await people.project.run(["run", "--adopt", "sync.people"]);

  assert.match(output, /adopted +2 groups recorded as sent; 1 that left the query forgotten/);
});

Deno.test("--adopt refuses a write that the model makes beside its query", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  await using people = await syncProject(
    api,
    `await http.get(ORIGIN + "/ping"); await http.post(ORIGIN + "/begin"); ${SEND_EACH_ROW}`,
  );
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);

  const run = await people.run("--adopt", "sync.people");

  assert.equal(run.code, 1);
  assert.match(run.sync.error?.message ?? "", /Cannot POST .*--adopt sync\.people sends nothing/);
  assert.deepEqual(api.requests.map(({ path }) => path), ["/ping"]);
});

Deno.test("--adopt of a model that is not tracked is a wrong call", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);

  const { code, output } = await people.project.run(["run", "--adopt", "raw.people"]);

  assert.equal(code, 2);
  assert.match(output, /Cannot adopt raw\.people: it is of kind table/);
});

Deno.test("--adopt takes groups that failed too: the next run has nothing to send", async () => {
  await using api = await fakeApi(() => ({ status: 500 }));
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["retries: 0"] });
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"]]);
  assert.equal((await people.run()).sync.delivery?.failed, 2);
  api.clear();

  await people.run("--adopt", "sync.people");
  const next = await people.run("--full");

  assert.deepEqual(next.sync.delivery?.unchanged, 2);
  assert.equal(api.requests.length, 0);
});

Deno.test("--adopt wakes the models that read the table", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  await using people = await syncProject(api, SEND_EACH_ROW, {
    files: { "models/mart/sent.sql": "SELECT count(*) AS n FROM sync.people" },
  });
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);
  await people.run();
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"]]);

  await people.run("--adopt", "sync.people");

  assert.deepEqual(people.project.rows("mart.sent"), [{ n: 2 }]);
});
