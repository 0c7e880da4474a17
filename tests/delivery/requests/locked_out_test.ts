/**
 * A far side that does not know who asks (401, 407) stops a model early, as one that is down does: no other request
 * would fare better.
 */
import assert from "node:assert/strict";
import { type FakeApi, fakeApi } from "../../support/fake_api.ts";
import { assertWording } from "../../support/mistake.ts";
import {
  COLUMNS,
  rowsOf,
  SEND_EACH_ROW,
  syncProject,
  type SyncRun,
} from "../../support/sync_project.ts";

const SEND_BATCHES = `
  await query("SELECT * FROM raw.people").batches(10, async (rows) => {
    await http.post(ORIGIN + "/batch", { json: rows });
  });`;

function assertStopped(run: SyncRun, api: FakeApi, status: number): void {
  const { error, delivery } = run.sync;
  assert.equal(run.code, 1, run.output);
  assert.match(
    error?.message ?? "",
    new RegExp(
      `^Cannot send to "${api.host}": it does not know who asks; the last 20 requests failed ` +
        `\\(the last one with ${status}\\); of .* were not sent and come with the next run$`,
    ),
  );
  assert.match(error?.hint ?? "", /secret or the login .* still holds, and run again/);
  assert.ok((delivery?.left ?? 0) > 0);
}

for (const status of [401, 407]) {
  Deno.test(`${status} to each row stops the model after 20, counts no attempt, and the rest comes once it is known`, async () => {
    await using api = await fakeApi((_, index) => ({
      status: index < 30 ? 200 : status,
      json: {},
    }));
    await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["concurrency: 1"] });
    await people.setRows(COLUMNS, rowsOf(300));

    const run = await people.run();

    assertStopped(run, api, status);
    assert.equal(api.requests.length, 30 + 20);
    const { saved, failed, left } = run.sync.delivery ?? {};
    assert.deepEqual([saved, failed, left], [30, 20, 250]);
    const tries = people.project.rows(`SELECT DISTINCT state, attempts FROM "spoor.ledger"`);
    assert.deepEqual(tries, [{ state: "failed", attempts: 0 }]);
    assertWording((await people.project.run("run")).output);
    api.clear();
    api.answer(() => ({ json: {} }));
    const next = await people.run();
    assert.deepEqual([next.code, next.sync.delivery?.saved], [0, 270], next.output);
  });
}

Deno.test("401 to each batch stops the model after 20 of them, and none is halved", async () => {
  await using api = await fakeApi(() => ({ status: 401, json: {} }));
  await using people = await syncProject(api, SEND_BATCHES, { directives: ["concurrency: 1"] });
  await people.setRows(COLUMNS, rowsOf(300));

  const run = await people.run();

  assertStopped(run, api, 401);
  assert.equal(api.requests.length, 20);
  assert.deepEqual(
    new Set(api.requests.map(({ json }) => (json as unknown[]).length)),
    new Set([10]),
  );
  const { failed, left } = run.sync.delivery ?? {};
  assert.deepEqual([failed, left], [200, 100]);
});

Deno.test("with many at once a model is stopped too, after those that were out together", async () => {
  await using api = await fakeApi(() => ({ status: 401, json: {}, delayMs: 20 }));
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["concurrency: 40"] });
  await people.setRows(COLUMNS, rowsOf(300));

  const run = await people.run();

  assertStopped(run, api, 401);
  assert.ok(api.requests.length <= 3 * 40, `${api.requests.length} requests`);
});

Deno.test("a model that logs in anew when its login has expired is not stopped, with many at once", async () => {
  let valid = 1;
  await using api = await fakeApi(({ path, headers }, index) => {
    if (path === "/login") return { json: { token: valid } };
    if (index === 100) valid = 2;
    return { status: headers.authorization === String(valid) ? 200 : 401, json: {}, delayMs: 20 };
  });
  await using people = await syncProject(
    api,
    `
    let login;
    const logIn = () => login = http.post(ORIGIN + "/login").then((answer) => answer.json.token);
    await logIn();
    await query("SELECT * FROM raw.people").each(async (row) => {
      for (const isLast of [false, true]) {
        const mine = login;
        const { status } = await http.post(ORIGIN + "/people", {
          json: row,
          headers: { authorization: String(await mine) },
          throwOnError: isLast,
        });
        if (status === 200) return;
        if (mine === login) logIn();
      }
    });`,
    { directives: ["concurrency: 40"] },
  );
  await people.setRows(COLUMNS, rowsOf(200));

  const run = await people.run();

  assert.deepEqual([run.code, run.sync.delivery?.saved], [0, 200], run.output);
  assert.ok(api.requests.length > 200 + 20, `${api.requests.length} requests`);
});

Deno.test("403 says of each request apart that it is refused, and stops no model", async () => {
  await using api = await fakeApi(() => ({ status: 403, json: {} }));
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(50));

  const run = await people.run();

  assert.equal(api.requests.length, 50);
  assert.equal(run.sync.delivery?.failed, 50);
});
