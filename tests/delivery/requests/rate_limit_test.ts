/** `@rate_limit`, counted at the far end: no window ever holds more than the limit. */
import assert from "node:assert/strict";
import { type FakeApi, fakeApi, type ReceivedRequest } from "../../support/fake_api.ts";
import { killAfter } from "../../support/spoor.ts";
import { readRun, rowsOf, SEND_EACH_ROW, syncProject } from "../../support/sync_project.ts";
import { tempProject } from "../../support/temp_project.ts";
import { makePlan } from "../../plan/plan_project.ts";

/**
 * Fails where one window holds more requests than it may. A window at the far end is taken a little shorter:
 * a request is under way for a moment and not each for the same, and this busy process notes its arrival.
 */
function assertWithin(requests: readonly ReceivedRequest[], count: number, windowMs: number): void {
  const times = requests.map((request) => request.atMs).toSorted((a, b) => a - b);
  for (let last = count; last < times.length; last++) {
    const spanMs = (times[last] ?? 0) - (times[last - count] ?? 0);
    assert.ok(
      spanMs > windowMs * 0.98 - 80,
      `requests ${last - count} to ${last} of ${times.length} came within ${spanMs} ms`,
    );
  }
}

function spanMs({ requests }: FakeApi): number {
  return (requests.at(-1)?.atMs ?? 0) - (requests[0]?.atMs ?? 0);
}

Deno.test("no window holds more requests than @rate_limit says, and none is waited for without need", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW, {
    directives: ["concurrency: 16", "rate_limit: 20/1s"],
  });
  await people.setRows(["id", "name"], rowsOf(90));

  const ran = await people.run();

  assert.equal(ran.code, 0, ran.output);
  assert.equal(api.requests.length, 90);
  assertWithin(api.requests, 20, 1_000);
  // Four windows are enough: twice that would be the wait of a window for nothing, each time.
  assert.ok(spanMs(api) < 8_000, `${spanMs(api)} ms`);
});

Deno.test("tries and redirects count like requests", async () => {
  await using api = await fakeApi(({ path }, index) => {
    if (path.startsWith("/moved")) return { json: {} };
    if (index % 5 === 1) return { status: 500, headers: { "retry-after": "0" } };
    return { status: 307, headers: { location: `/moved${path}` } };
  });
  await using people = await syncProject(api, SEND_EACH_ROW, {
    directives: ["concurrency: 8", "rate_limit: 10/1s"],
  });
  await people.setRows(["id", "name"], rowsOf(20));

  const ran = await people.run();

  assert.equal(ran.code, 0, ran.output);
  assert.ok(api.requests.length > 40, `${api.requests.length} requests`);
  assertWithin(api.requests, 10, 1_000);
});

Deno.test("a request that waits for the rate limit does not use up its @timeout", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW, {
    directives: ["concurrency: 4", "rate_limit: 1/700ms", "timeout: 600ms"],
  });
  await people.setRows(["id", "name"], rowsOf(4));

  const ran = await people.run();

  assert.deepEqual([ran.code, ran.sync.delivery?.saved], [0, 4], ran.output);
  assertWithin(api.requests, 1, 700);
});

function sender(api: FakeApi, name: string): string {
  return `
    // @kind: tracked
    // @unique_key: id
    // @allow_net: ${api.host}
    // @concurrency: 8
    // @rate_limit: crm
    import { http, query } from "spoor";
    await query("SELECT * FROM raw.people").each(async (row) => {
      await http.post("${api.origin}/${name}", { json: row });
    });
  `;
}

Deno.test("models that name the same limit of spoor.yaml share it", async () => {
  await using api = await fakeApi();
  await using project = await tempProject({
    "spoor.yaml": "rate_limits:\n  crm: 15/1s\n",
    "models/raw/people.sql": "SELECT value AS id FROM json_each('[1,2,3,4,5,6,7,8,9,10,11,12]')",
    "models/sync/a.ts": sender(api, "a"),
    "models/sync/b.ts": sender(api, "b"),
    "models/sync/c.ts": sender(api, "c"),
  });

  const { code, output } = await project.run("run --jobs 3");

  assert.equal(code, 0, output);
  assert.equal(api.requests.length, 36);
  assertWithin(api.requests, 15, 1_000);
  const { output: described } = await project.run("describe sync.a");
  assert.match(described, /@rate_limit +crm \(15\/1?s\)/);
});

Deno.test("what a plan reads counts in the run after it, and the plan says that it read", async () => {
  await using api = await fakeApi();
  await using project = await tempProject({
    "models/raw/pages.ts": `
      // @allow_net: ${api.host}
      // @rate_limit: 3/2s
      // @volatile: true
      import { http, save } from "spoor";
      for (const page of [1, 2, 3]) {
        await http.get("${api.origin}/" + page);
        await save.row({ page });
      }
    `,
  });
  await project.run("run");
  const plan = await project.run("plan");
  const run = await project.run("run");

  assert.deepEqual([plan.code, run.code], [0, 0], plan.output + run.output);
  assert.equal(api.requests.length, 9);
  assertWithin(api.requests, 3, 2_000);
  assert.match(plan.stdout, /Nothing but reads was sent\.\n/);
});

Deno.test("a limit holds across kill -9 and the run after it", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW, {
    directives: ["concurrency: 4", "rate_limit: 10/3s"],
  });
  await people.setRows(["id", "name"], rowsOf(24));

  const running = people.project.start("run --json");
  await killAfter(running, api.received(7));
  const before = api.requests.length;
  const ran = await people.run();

  assert.equal(ran.code, 0, ran.output);
  assert.ok(before < 24 && api.requests.length >= 24);
  assertWithin(api.requests, 10, 3_000);
  assert.ok(people.project.rows("spoor.rate_grants").length <= 10 + 10, "old grants are gone");
});

Deno.test("Ctrl-C while a model waits for its limit leaves the rest for the next run", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW, {
    directives: ["concurrency: 4", "rate_limit: 5/8s"],
  });
  await people.setRows(["id", "name"], rowsOf(9));

  const running = people.project.start("run --json");
  const stopped = readRun(await killAfter(running, api.received(5), "SIGINT"));

  assert.equal(stopped.code, 1, stopped.output);
  const { delivery, status, elapsed_ms: elapsedMs } = stopped.sync;
  assert.deepEqual([status, delivery?.saved, delivery?.unknown, delivery?.left], [
    "cancelled",
    5,
    0,
    4,
  ], stopped.output);
  assert.ok(elapsedMs < 8_000, `it waited for the end of the window: ${elapsedMs} ms`);
  assert.deepEqual(people.project.rows("spoor.ledger"), []);
  const again = await people.run("--jobs", "1");
  assert.deepEqual([again.code, again.sync.delivery?.saved], [0, 4], again.output);
  assertWithin(api.requests, 5, 8_000);
});

for (
  const [what, directives, answers] of [
    ["the rate limit", ["rate_limit: 1/3s"], [{}]],
    ["a pause that the far side asked for", [], [
      { status: 429, headers: { "retry-after": "3" } },
      {},
    ]],
  ] as const
) {
  Deno.test(`what a request waits for ${what} is no part of its time, nor of what a plan forecasts`, async () => {
    await using api = await fakeApi(answers);
    await using people = await syncProject(api, SEND_EACH_ROW, {
      directives: ["concurrency: 2", ...directives],
    });
    await people.setRows(["id", "name"], rowsOf(2));
    const ran = await people.run();
    assert.equal(ran.code, 0, ran.output);

    const times = people.project.rows("spoor.requests").map((row) => Number(row.elapsed_ms));
    assert.equal(times.length, 2);
    assert.ok(Math.max(...times) < 2_000, `${times} ms, of which 3,000 were waited`);
    await people.setSync(SEND_EACH_ROW, ["concurrency: 2"]);
    await people.setRows(["id", "name"], rowsOf(2, "Bo"));
    const { sync } = await makePlan(people.project);
    const { at_least_ms: forecastMs = 0 } = sync.forecast ?? {};
    assert.ok(forecastMs > 0 && forecastMs < 2_000, `at least ${forecastMs} ms`);
  });
}
