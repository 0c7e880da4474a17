/**
 * A model's own `verify`: it asks the far side whether a request arrived of which no answer is known.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../support/fake_api.ts";
import { rowsOf, SEND_EACH_ROW, syncProject } from "./sync_project.ts";

const COLUMNS = ["id", "name"];
const DIRECTIVES = ["delivery: at_most_once", "retries: 0", "concurrency: 4"];

/** Sends to a server that takes the write and loses the answer, but for the group 1. */
async function loseAnswers(verify: string) {
  let isLosing = true;
  const api = await fakeApi(({ method, path }) => {
    if (method === "GET") return { status: path === "/sent/2" ? 200 : 404 };
    return isLosing && path !== "/people/1" ? { drop: true } : { json: {} };
  });
  const people = await syncProject(api, SEND_EACH_ROW + verify, { directives: DIRECTIVES });
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"], ["3", "'Cy'"]]);
  const first = await people.run();
  assert.equal(first.sync.delivery?.unknown, 2, first.output);
  const keys = new Map(api.requests.map(({ path, key }) => [path, key]));
  isLosing = false;
  api.clear();
  return {
    ...{ api, people, keys },
    async [Symbol.asyncDispose]() {
      await people[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}

Deno.test("what verify finds is accepted without a request, what it does not find is sent again", async () => {
  await using test = await loseAnswers(`
    export async function verify(change) {
      log.info(change.action + " " + change.idempotencyKey);
      const { status } = await http.get(ORIGIN + "/sent/" + change.key.id, { throwOnError: false });
      return status === 200;
    }`);
  const { api, people, keys } = test;

  const second = await people.run();
  assert.equal(second.code, 0, second.output);
  assert.deepEqual(api.requests.map(({ method, path }) => `${method} ${path}`), [
    ...["GET /sent/2", "GET /sent/3"],
  ]);
  assert.match(second.output, new RegExp(`create ${keys.get("/people/2")}`));
  api.clear();
  const third = await people.run();

  assert.equal(third.code, 0, third.output);
  assert.deepEqual(api.requests.map(({ method, path, key }) => [method, path, key]), [
    ["POST", "/people/3", keys.get("/people/3")],
  ]);
  assert.equal(people.project.rows("sync.people").length, 3);
  assert.deepEqual(people.project.rows("spoor.ledger"), []);
  assert.equal((await people.run()).sync.status, "skipped");
  const story = (await people.project.run("why sync.people 2")).stdout;
  assert.match(story, /next .*accepted; nothing to do/);
  assert.match(story, /run 2 .*settled: by the model, verified as sent/);
});

Deno.test("a verify that throws, or that cannot tell, leaves it unknown and is asked again", async () => {
  await using test = await loseAnswers(`
    export function verify({ key }) {
      if (key.id === 2) throw new Error("the far side is odd");
    }`);
  const { api, people } = test;

  const second = await people.run();
  const third = await people.run();

  assert.equal(second.code, 0, second.output);
  for (const run of [second, third]) {
    assert.match(
      run.output,
      /verify\(\) failed \(the far side is odd\) for id = 2, which stays unknown/,
    );
    assert.doesNotMatch(run.output, /id = 3, which/);
  }
  assert.equal(api.requests.length, 0);
  assert.deepEqual(people.project.rows("spoor.ledger").map(({ state }) => state), [
    ...["unknown", "unknown"],
  ]);
});

Deno.test("another answer than true, false or undefined settles nothing", async () => {
  await using test = await loseAnswers(`export const verify = () => "yes";`);
  const { api, people } = test;

  const { output } = await people.run();

  assert.match(output, /verify\(\) gave .*yes.* instead of true, false or undefined for id = 2/);
  assert.equal(api.requests.length, 0);
  assert.deepEqual(people.project.rows("spoor.ledger").map(({ state }) => state), [
    ...["unknown", "unknown"],
  ]);
});

Deno.test("a verify that fails for many says so ten times, and how many more there are", async () => {
  await using api = await fakeApi(() => ({ hang: true }));
  const code = `${SEND_EACH_ROW}
    export const verify = () => { throw new Error("no answer"); };`;
  const directives = ["delivery: at_most_once", "timeout: 500ms", "concurrency: 14"];
  await using people = await syncProject(api, code, { directives });
  await people.setRows(["id", "name"], rowsOf(14));
  await people.run();

  const { output } = await people.project.run("run");

  assert.equal(output.match(/verify\(\) failed \(no answer\)/g)?.length, 10);
  assert.match(output, /verify\(\) did not settle 4 more in the same way, which stay unknown/);
});
