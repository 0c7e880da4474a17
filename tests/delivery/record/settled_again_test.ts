/**
 * What a person has settled, and no run has acted on: it is listed, and can be settled the other way.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type FakeApi, fakeApi } from "../../support/fake_api.ts";
import { readLines } from "../../support/read_lines.ts";
import { COLUMNS, rowsOf, SEND_EACH_ROW, syncProject } from "../../support/sync_project.ts";

/** Four groups whose answers got lost; from then on the far side answers. */
async function fourUnknown(api: FakeApi) {
  const directives = ["delivery: at_most_once", "retries: 0"];
  const people = await syncProject(api, SEND_EACH_ROW, { directives });
  await people.setRows(COLUMNS, rowsOf(4));
  api.answer(() => ({ drop: true }));
  await people.run();
  const keys = new Map(api.requests.map(({ path, key }) => [path, key]));
  api.answer(() => ({ json: {} }));
  api.clear();
  return {
    people,
    keys,
    async settle(...args: string[]) {
      return await people.project.run(["unknown", "settle", "sync.people", ...args]);
    },
    async [Symbol.asyncDispose]() {
      await people[Symbol.asyncDispose]();
    },
  };
}

Deno.test("what was settled by mistake is listed until a run acts on it, and is settled the other way", async () => {
  await using api = await fakeApi();
  await using four = await fourUnknown(api);
  const { people, keys, settle } = four;
  await settle("1", "3", "--sent");
  await settle("2", "--not-sent");

  const listed = (await people.project.run("unknown")).stdout;
  assert.match(listed, /id = 4 {2}waits for you/);
  assert.match(
    listed,
    /Settled, and no run has acted on it yet:\n {2}sync\.people {2}as sent +2 groups {2}id = 1; id = 3\n {2}sync\.people {2}as not sent +1 group {2}id = 2\n/,
  );
  assert.match(
    listed,
    /To take it back, settle it the other way: spoor unknown settle --not-sent sync\.people 1$/m,
  );
  const lines = await readLines(people.project, "unknown");
  assert.deepEqual(
    lines.filter(({ type }) => type === "settled_group").map(({ key, sent }) => [key, sent]),
    [[{ id: 1 }, true], [{ id: 3 }, true], [{ id: 2 }, false]],
  );

  const back = await settle("1", "--not-sent");
  assert.equal(back.code, 0, back.output);
  assert.match(back.stdout, /sends 1 group again[^]*It had been settled as sent: id = 1$/m);
  const forth = await settle("2", "4", "--sent");
  assert.equal(forth.code, 0, forth.output);
  assert.match(
    forth.stdout,
    /accepts 2 groups[^]*1 of them had been settled as not sent: id = 2$/m,
  );
  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.deepEqual(api.requests.map(({ path, key }) => [path, key]), [
    ["/people/1", keys.get("/people/1")],
  ]);
  assert.deepEqual(people.project.rows("spoor.ledger"), []);
  assert.equal(people.project.rows("sync.people").length, 4);
  assert.equal((await people.project.run("unknown")).stdout, "Nothing is unknown.\n");
  const late = await settle("2", "--not-sent");
  assert.equal(late.code, 1);
  assert.match(late.output, /As it stands: 1 accepted group$/m);
});

Deno.test("to settle all that is left changes no word that was said of single groups", async () => {
  await using api = await fakeApi();
  await using four = await fourUnknown(api);
  const { people, settle } = four;
  await settle("1", "--sent");

  const rest = await settle("--all", "--not-sent");
  assert.match(rest.stdout, /sends 3 groups again/);
  await people.run();

  assert.deepEqual(api.requests.map(({ path }) => path).sort(), [
    "/people/2",
    "/people/3",
    "/people/4",
  ]);
});

Deno.test("retry of what is settled as sent says how that is taken back", async () => {
  await using api = await fakeApi();
  await using four = await fourUnknown(api);
  await four.settle("--all", "--sent");

  const { code, output } = await four.people.project.run("retry sync.people 1");

  assert.equal(code, 1);
  assert.match(output, /As it stands: 1 settled group$/m);
  assert.match(output, /"spoor unknown settle" with --not-sent[^]*"spoor unknown sync\.people"/);
});

Deno.test("a word is not taken back over what was settled of another content: that would be sent once more", async () => {
  await using api = await fakeApi();
  await using four = await fourUnknown(api);
  const { people, settle } = four;
  await settle("1", "--sent");
  await people.setRows(COLUMNS, [["1", "'Eva'"], ...rowsOf(4).slice(1)]);
  api.answer(() => ({ drop: true }));
  await people.run();
  await settle("1", "--sent");

  const back = await settle("1", "--not-sent");

  assert.equal(back.code, 1, back.output);
  assert.match(back.output, /As it stands: 1 settled group$/m);
});
