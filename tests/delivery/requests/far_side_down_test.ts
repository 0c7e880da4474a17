/** A far side that is down stops a model early; what was not sent comes with the next run. */
import assert from "node:assert/strict";
import { fakeApi, type ReceivedRequest } from "../../support/fake_api.ts";
import { assertWording } from "../../support/mistake.ts";
import { rowsOf, SEND_EACH_ROW, SEND_IN_LOOP, syncProject } from "../../support/sync_project.ts";

Deno.test("a far side that is down stops the model, says what was sent, and the next run sends the rest", async () => {
  await using api = await fakeApi((_, index) => ({ status: index < 30 ? 200 : 503, json: {} }));
  await using people = await syncProject(api, SEND_EACH_ROW, {
    directives: ["concurrency: 4", "retries: 0"],
  });
  await people.setRows(["id", "name"], rowsOf(400));

  const ran = await people.run();

  const { delivery, error, status } = ran.sync;
  assert.deepEqual([ran.code, status], [1, "failed"], ran.output);
  assert.ok(api.requests.length < 30 + 30, `${api.requests.length} requests`);
  assert.equal(delivery?.saved, 30);
  assert.equal(delivery.failed, api.requests.length - 30);
  assert.equal(delivery.left, 400 - api.requests.length);
  assert.equal(
    error?.message,
    `Cannot reach "${api.host}": the last 20 requests failed (the last one with 503); of 400 groups ` +
      `30 accepted, ${delivery.failed} failed, ${delivery.left} were not sent and come with the next run`,
  );
  const states = people.project.rows(`SELECT state, count(*) AS n FROM "spoor.ledger" GROUP BY 1`);
  assert.deepEqual(states, [{ state: "failed", n: delivery.failed }]);

  api.clear();
  api.answer(() => ({ json: {} }));
  const again = await people.run();
  assert.deepEqual([again.code, again.sync.delivery?.saved], [0, 370], again.output);
  assert.equal(new Set(api.requests.map(({ path }) => path)).size, 370);
});

Deno.test("a far side that takes no connection stops a model with a rate limit, and is told in plain words", async () => {
  const gone = await fakeApi();
  await gone[Symbol.asyncDispose]();
  await using people = await syncProject(gone, SEND_EACH_ROW, {
    directives: ["concurrency: 30", "retries: 0", "rate_limit: 25/1s"],
  });
  await people.setRows(["id", "name"], rowsOf(100));

  const ran = await people.run();

  const { delivery, error } = ran.sync;
  assert.equal(ran.code, 1, ran.output);
  assert.ok((delivery?.failed ?? 0) >= 20 && (delivery?.failed ?? 0) <= 50, ran.output);
  assert.equal((delivery?.failed ?? 0) + (delivery?.left ?? 0), 100);
  assert.match(error?.message ?? "", /the last 20 requests failed \(the connection was refused\)/);
  const plain = await people.project.run("run --resend sync.people");
  assertWording(plain.output);
  assert.match(plain.output, /requests +0 sent, 0 accepted, 0 refused, \d+ without a connection/);
  assert.match(plain.output, /^Sent: 0 requests; \d+ found no connection\.$/m);
});

Deno.test("what the ledger knew of a group stays where its request was held back", async () => {
  await using api = await fakeApi(() => ({ status: 400 }));
  await using people = await syncProject(api, SEND_EACH_ROW, {
    directives: ["concurrency: 60", "retries: 0"],
  });
  await people.setRows(["id", "name"], rowsOf(60));
  const first = await people.run();
  assert.equal(first.sync.delivery?.failed, 60, first.output);
  const before = people.project.rows(`SELECT id, group_key FROM "spoor.ledger" ORDER BY id`);
  const untried = () =>
    people.project.rows(
      `SELECT id, run_id, at, error FROM "spoor.ledger" WHERE error LIKE '% answered 400%' ORDER BY id`,
    );
  const refused = untried();

  api.clear();
  api.answer(() => ({ status: 500 }));
  await people.setSync(SEND_EACH_ROW, ["concurrency: 60", "retries: 0", "rate_limit: 25/30s"]);
  const ran = await people.run();

  const { failed = 0, left = 0, unknown } = ran.sync.delivery ?? {};
  assert.deepEqual([failed + left, unknown], [60, 0], ran.output);
  assert.ok(failed <= 25 && failed === api.requests.length, ran.output);
  const states = people.project.rows(`SELECT state, count(*) AS n FROM "spoor.ledger" GROUP BY 1`);
  assert.deepEqual(states, [{ state: "failed", n: 60 }]);
  const after = people.project.rows(`SELECT id, group_key FROM "spoor.ledger" ORDER BY id`);
  assert.deepEqual(after, before);
  const kept = untried();
  assert.equal(kept.length, 60 - failed);
  assert.deepEqual(kept, refused.filter(({ id }) => kept.some((row) => row.id === id)));
  const tries = people.project.rows(`SELECT sum(attempts) AS n FROM "spoor.ledger"`);
  assert.deepEqual(tries, [{ n: 60 + failed }]);
});

Deno.test("few requests that fail with all their tries do not stop a model", async () => {
  await using api = await fakeApi(({ path }) => ({
    status: path === "/people/15" ? 200 : 500,
    json: {},
  }));
  // Before the one that is taken and after it at most 17 requests fail, with twice as many tries.
  await using people = await syncProject(api, SEND_EACH_ROW, {
    directives: ["retries: 1", "concurrency: 4"],
  });
  await people.setRows(["id", "name"], rowsOf(30));

  const ran = await people.run();

  assert.equal(ran.code, 1);
  const { failed, saved, left } = ran.sync.delivery ?? {};
  assert.deepEqual([failed, saved, left], [29, 1, 0], ran.output);
});

Deno.test("groups that are never answered about do not keep the others from being tried in every run", async () => {
  const isLost = (path: string) => Number(path.split("/").at(-1)) <= 20;
  await using api = await fakeApi(({ path }) => isLost(path) ? { drop: true } : { json: {} });
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["retries: 0"] });
  await people.setRows(["id", "name"], rowsOf(60));
  const keysOf = (requests: readonly ReceivedRequest[]) => new Set(requests.map(({ key }) => key));
  const first = await people.run();
  assert.deepEqual([first.sync.delivery?.saved, first.sync.delivery?.unknown], [0, 20]);
  assert.match(first.sync.error?.message ?? "", /the last 20 requests failed/);
  const keys = keysOf(api.requests);

  api.clear();
  const second = await people.run();

  assert.deepEqual(keysOf(api.requests.slice(0, 20)), keys, "they come first, with their keys");
  const { saved, unknown, left } = second.sync.delivery ?? {};
  assert.deepEqual([saved, unknown, left], [40, 20, 0], second.output);

  api.clear();
  api.answer(() => ({ drop: true }));
  await people.setRows(["id", "name"], rowsOf(60, "new"));
  const third = await people.run();
  assert.match(third.sync.error?.message ?? "", /the last 20 requests failed/, third.output);
  assert.equal(api.requests.length, 20, "by now those that were repeated in vain come last");
});

Deno.test("a loop that catches every error does not hide that the far side is down", async () => {
  await using api = await fakeApi(({ path }, index) => ({
    status: path === "/health" || index < 3 ? 200 : 500,
    json: {},
  }));
  const catching = SEND_IN_LOOP.replace(
    /await http.*;\n\s+await save.*;/,
    (sending) => `try { ${sending} } catch { /* the next one */ }`,
  );
  await using people = await syncProject(api, catching, { directives: ["retries: 0"] });
  await people.setRows(["id", "name"], rowsOf(60));

  const ran = await people.run();

  assert.equal(ran.code, 1, ran.output);
  assert.equal(api.requests.length, 23);
  assert.match(ran.sync.error?.message ?? "", /the last 20 requests failed/);
  assert.deepEqual([ran.sync.delivery?.saved, ran.sync.delivery?.left], [3, 37]);
});

Deno.test("429 without Retry-After slows the whole model instead of failing its rows", async () => {
  const opensAtMs = performance.now() + 3_000;
  await using api = await fakeApi(() => ({
    status: performance.now() < opensAtMs ? 429 : 200,
    json: {},
  }));
  await using people = await syncProject(api, SEND_EACH_ROW, {
    directives: ["concurrency: 16", "retries: 20"],
  });
  await people.setRows(["id", "name"], rowsOf(64));

  const ran = await people.run();

  assert.equal(ran.code, 0, ran.output);
  assert.equal(ran.sync.delivery?.saved, 64);
  const refused = api.requests.filter(({ atMs }) => atMs < opensAtMs).length;
  assert.ok(refused < 80, `${refused} tries were refused`);
});
