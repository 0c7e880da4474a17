/**
 * Graves of the field: what a run says of itself, held against what has arrived at the far side.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Answer, fakeApi } from "../support/fake_api.ts";
import { readLines } from "../support/read_lines.ts";
import { SEND_EACH_ROW, syncProject } from "../support/sync_project.ts";
import { acceptedIds, setPeople } from "./people.ts";

Deno.test("grave: the figures printed are those counted at the far end", async () => {
  // Each tenth is asked for once more, each hundredth is refused.
  const tries = new Map<string, number>();
  await using api = await fakeApi(({ path }): Answer => {
    const id = Number(path.split("/").at(-1));
    const tried = (tries.get(path) ?? 0) + 1;
    tries.set(path, tried);
    if (id % 100 === 0) return { status: 422 };
    const isBusy = id % 10 === 0 && tried === 1;
    return isBusy ? { status: 500, headers: { "retry-after": "0" } } : { status: 201, json: {} };
  });
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["concurrency: 8"] });
  await setPeople(people, 1_000);

  const { code, output } = await people.project.run("run");

  assert.equal(code, 1);
  assert.equal(api.requests.length, 1_000 + 90);
  assert.equal(acceptedIds(people).length, 990);
  assert.match(output, /^ +ok +raw\.people +table +1,000 rows /m);
  assert.match(output, /^ +failed +sync\.people +tracked +990 rows /m);
  assert.doesNotMatch(output, /\b0 rows/);
  assert.match(output, /requests +1,000 sent, 990 accepted, 10 refused, 90 retries; 0 groups left/);
  assert.match(output, /outcome +990 acknowledged, 10 failed, 0 unknown, 0 left/);
  assert.match(output, /Sent: 990 groups in 1,000 requests/);
  assert.match(output, /10 groups wait to be sent/);
  const last = people.project.rows(`SELECT * FROM "spoor.steps" WHERE model = 'sync.people'`)[0];
  assert.deepEqual(
    [last?.requests_sent, last?.requests_accepted, last?.requests_refused, last?.requests_retries],
    [1_000, 990, 10, 90],
  );
  const [{ tried } = { tried: 0 }] = people.project.rows(
    `SELECT sum(attempts) AS tried FROM "spoor.requests"`,
  );
  assert.equal(tried, api.requests.length, "every try is on record");
  const [line] = await readLines(people.project, "history", "sync.people");
  assert.deepEqual([line?.rows, line?.requests_sent, line?.groups_saved], [990, 1_000, 990]);

  api.answer(() => ({ json: {} }));
  api.clear();
  const next = await people.project.run("run");

  assert.equal(next.code, 0, next.output);
  assert.equal(api.requests.length, 10);
  assert.match(next.output, /^ +ok +sync\.people +tracked +1,000 rows /m);
  assert.match(next.output, /requests +10 sent, 10 accepted, 0 refused; 0 groups left/);
  assert.match(next.output, /Sent: 10 groups in 10 requests/);
});

Deno.test("grave: 5,000 failed rows are no success", async () => {
  await using api = await fakeApi(() => ({ status: 422, json: { error: "plan is unknown" } }));
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["concurrency: 32"] });
  await setPeople(people, 5_000);

  const { code, output } = await people.project.run("run");

  assert.equal(code, 1);
  assert.equal(api.requests.length, 5_000);
  assert.deepEqual(acceptedIds(people), []);
  assert.match(output, /requests +5,000 sent, 0 accepted, 5,000 refused; 0 groups left/);
  assert.match(output, /outcome +0 acknowledged, 5,000 failed/);
  assert.match(output, /plan is unknown/);
  assert.ok(output.split("\n").length < 60, "they are folded, not listed");
  const [run] = people.project.rows("spoor.runs");
  assert.equal(run?.status, "failed");
});

Deno.test("grave: a far side that is down is not asked in a hot loop", async () => {
  const groups = 12;
  await using api = await fakeApi(() => ({ status: 503 }));
  await using people = await syncProject(api, SEND_EACH_ROW, {
    directives: ["retries: 3", "concurrency: 4"],
  });
  await setPeople(people, groups);

  const startedAt = performance.now();
  const run = await people.run();
  const tookMs = performance.now() - startedAt;

  assert.equal(run.code, 1);
  assert.equal(run.sync.delivery?.saved, 0);
  assert.ok(api.requests.length <= groups * 4, `${api.requests.length} requests`);
  const waits = [...Map.groupBy(api.requests, ({ path }) => path).values()].map((tries) =>
    (tries.at(-1)?.atMs ?? 0) - (tries[0]?.atMs ?? 0)
  );
  const totalMs = waits.reduce((sum, ms) => sum + ms, 0);
  // On average the waits are 250, 500 and 1,000 ms: twelve times a tenth of that is never by chance.
  assert.ok(totalMs > groups * 175, `waited ${totalMs} ms in all, of ${tookMs} ms`);
});
