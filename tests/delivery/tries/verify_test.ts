/**
 * A model's own `verify`: it asks the far side whether a request arrived of which no answer is known.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../../support/fake_api.ts";
import { COLUMNS, rowsOf, SEND_EACH_ROW, syncProject } from "../../support/sync_project.ts";

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
  const asked = api.requests.filter(({ method }) => method === "GET");
  assert.deepEqual(asked, [], "what became unknown in a run is asked by the next one");
  const keys = new Map(api.requests.map(({ path, key }) => [path, key]));
  isLosing = false;
  api.clear();
  return {
    api,
    people,
    keys,
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
    "GET /sent/2",
    "GET /sent/3",
  ]);
  assert.match(second.output, new RegExp(`create ${keys.get("/people/2")}`));
  assert.deepEqual(second.sync.verified, { sent: 1, not_sent: 1, left: 0 });
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
    "unknown",
    "unknown",
  ]);
});

Deno.test("a run says what verify settled, and what the next run does", async () => {
  await using test = await loseAnswers(`
    export async function verify(change) {
      if (asked++ === 0) return undefined;
      const { status } = await http.get(ORIGIN + "/sent/" + change.key.id, { throwOnError: false });
      return status === 200;
    }
    let asked = 0;`);
  const { api, people } = test;

  const first = await people.project.run("run");

  assert.match(
    first.output,
    / {2}verified {2}1 not sent: the next run sends it; 1 still unknown$/m,
  );
  assert.match(first.output, /^1 group waits to be sent; the next run goes on with it\.$/m);
  api.clear();
  const second = await people.project.run("run");
  assert.equal(api.requests.filter(({ method }) => method === "POST").length, 1, second.output);
});

const NOWHERE = `export async function verify(change) { return undefined; }`;

for (
  const [how, code] of [
    ["itself", NOWHERE],
    ["under another name", `const look = (change) => undefined;\nexport { look as verify };`],
  ] as const
) {
  Deno.test(`of a model that exports verify ${how} all commands say that the next run asks it`, async () => {
    await using test = await loseAnswers(code);
    const { people } = test;
    await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"], ["3", "'Cy'"], ["4", "'Di'"]]);
    test.api.answer(() => ({ drop: true }));

    const { output } = await people.project.run("run");
    const list = (await people.project.run("unknown")).stdout;
    const story = (await people.project.run("why sync.people 4")).stdout;

    assert.match(
      output,
      /outcome .*1 unknown, 0 left; the next run asks verify\(\) about 1 group$/m,
    );
    assert.match(
      output,
      /^3 groups are not known to be sent; the next run asks verify\(\): spoor unknown$/m,
    );
    assert.doesNotMatch(output, /no run tries|until you say/);
    assert.equal(list.match(/id = \d +the next run asks verify\(\)$/gm)?.length, 3, list);
    assert.match(
      list,
      /^The next run asks verify\(\); or look at the far side, then: spoor unknown/m,
    );
    assert.match(story, /next +the next run asks verify\(\); or settle it: spoor unknown settle/);
  });
}

Deno.test("what is unknown waits for a person where only a comment speaks of verify", async () => {
  await using test = await loseAnswers(`// export function verify() {}`);
  const { people } = test;

  const { output } = await people.project.run("run");
  const list = (await people.project.run("unknown")).stdout;

  assert.match(output, /^2 groups are neither known to be sent nor sent again until you say/m);
  assert.equal(list.match(/id = \d +waits for you$/gm)?.length, 2, list);
  assert.doesNotMatch(list, /verify/);
});

Deno.test("a verify that is no function is a mistake of the model, known before it runs where it can be", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: DIRECTIVES });
  await people.setRows(COLUMNS, rowsOf(1));
  const kinds = { "5": "a number", "`${ORIGIN}`": "a string", "{} as never": "an object" };
  for (const [value, kind] of Object.entries(kinds)) {
    await people.setSync(`${SEND_EACH_ROW}\nexport const verify = ${value};`);
    const text = await people.project.read("models/sync/people.ts");

    for (const command of ["validate", "run"]) {
      const { code, output } = await people.project.run(command);
      assert.equal(code, 1, output);
      assert.ok(output.includes(`Cannot ask verify: it is ${kind}, and not a function`), output);
      assert.match(output, new RegExp(`at models/sync/people\\.ts:${text.split("\n").length}`));
    }
  }
  assert.equal(api.requests.length, 0);

  await people.setSync(`${SEND_EACH_ROW}\nexport const verify = JSON.parse("[]");`);
  const { code, output } = await people.project.run("run");
  assert.equal(code, 1, output);
  assert.match(output, /Cannot ask verify: it is an array, and not a function\n +at models\/sync/);
});

Deno.test("why tells what verify asked, what was answered, and what it threw", async () => {
  await using test = await loseAnswers(`
    export async function verify({ key }) {
      const { status } = await http.get(ORIGIN + "/sent/" + key.id, { throwOnError: false });
      if (status === 200) return true;
      await http.post(ORIGIN + "/search", { json: key });
      throw new Error("the far side is odd");
    }`);
  const { project } = test.people;
  await test.people.run();
  await test.people.run();

  const settled = (await project.run("why sync.people 2")).stdout;
  assert.match(
    settled,
    /run 2 .*settled: by the model, verified as sent\n +GET \S+\/sent\/2 +200/,
  );
  const odd = (await project.run("why sync.people 3")).stdout;
  assert.match(odd, /next .*the next run asks verify/);
  for (const run of [2, 3]) {
    assert.match(
      odd,
      new RegExp(
        `run ${run} .*unknown: verify\\(\\) failed \\(the far side is odd\\), it stays unknown` +
          `\\n +GET \\S+/sent/3 +404[^]*?POST \\S+/search +200`,
      ),
    );
  }
  assert.match(odd, new RegExp(`^key +${test.keys.get("/people/3")}$`, "m"));
  const listed = (await project.run("unknown")).stdout;
  assert.match(listed, /POST \S+\/people\/3/);
  assert.doesNotMatch(listed, /\/search|\/sent/);
});

Deno.test("what a verify without a request says again and again is noted once", async () => {
  await using test = await loseAnswers(`export const verify = () => undefined;`);
  for (let runs = 0; runs < 3; runs++) await test.people.run();

  const { stdout } = await test.people.project.run("why sync.people 3");

  assert.match(stdout, /runs 3 to 4 .*held back: unknown in run 2/);
  assert.match(stdout, /run 2 .*unknown: verify\(\) could not tell, it stays unknown/);
});

Deno.test("another answer than true, false or undefined settles nothing", async () => {
  await using test = await loseAnswers(`export const verify = () => "yes";`);
  const { api, people } = test;

  const { output, sync, events } = await people.run();
  const finished = events.find((event) => event.type === "run_finished");
  assert.deepEqual([sync.delivery?.held_back, sync.delivery?.parked], [2, 0]);
  assert.deepEqual([finished?.groups?.held_back, finished?.groups?.parked], [2, 0]);
  assert.deepEqual(finished?.held_back, { parked: 0, rejected: 0, to_settle: 2, to_verify: 2 });

  assert.match(
    output,
    /verify\(\) gave \\?"yes\\?" instead of true, false or undefined for id = 2/,
  );
  assert.equal(api.requests.length, 0);
  assert.deepEqual(people.project.rows("spoor.ledger").map(({ state }) => state), [
    "unknown",
    "unknown",
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

Deno.test("a verify is asked nothing more once the run is to stop", async () => {
  await using test = await loseAnswers(`
    export async function verify({ key }) {
      const { status } = await http.get(ORIGIN + "/sent/" + key.id, { throwOnError: false });
      return status === 200;
    }`);
  const { api, people } = test;
  const answering = Promise.withResolvers<void>();
  api.answer(async () => {
    await answering.promise;
    return { status: 200 };
  });

  await using running = people.project.start("run");
  await api.received(1);
  running.kill("SIGINT");
  await running.waitFor(/Stopping/);
  answering.resolve();
  await running.result;

  assert.deepEqual(api.requests.map(({ path }) => path), ["/sent/2"]);
});

Deno.test("a verify is asked about a thousand changes in one run, and about the others in the next", async () => {
  await using api = await fakeApi(() => ({ drop: true }));
  const code = `
    await query("SELECT * FROM raw.people").batches(2_000, async (groups) => {
      await http.post(ORIGIN + "/", { json: groups.map(({ key }) => key.id) });
    });
    export const verify = () => true;`;
  await using people = await syncProject(api, code, { directives: DIRECTIVES });
  await people.project.write(
    "models/raw/people.sql",
    `WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 1001)
     SELECT id FROM n`,
  );
  await people.run();

  const told = [await people.run(), await people.run()].map(({ sync }) => sync.verified?.sent);

  assert.deepEqual(told, [1_000, 1]);
  assert.equal(api.requests.length, 1);
});
