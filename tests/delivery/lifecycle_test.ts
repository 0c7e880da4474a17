/** Models that are stopped, time out, stand beside each other, throw at their end, or ask for nothing. */
import assert from "node:assert/strict";
import { type Answer, fakeApi } from "../support/fake_api.ts";
import { killAfter } from "../support/spoor.ts";
import {
  COLUMNS,
  readRun,
  rowsOf,
  SEND_EACH_ROW,
  SEND_IN_LOOP,
  syncProject,
} from "../support/sync_project.ts";

for (const [form, code] of [["each", SEND_EACH_ROW], ["a loop", SEND_IN_LOOP]] as const) {
  Deno.test(`SIGTERM lets what is in flight end, saves it, and leaves the rest: ${form}`, async () => {
    await using api = await fakeApi(() => ({ delayMs: 60, json: {} }));
    await using people = await syncProject(api, code, { directives: ["concurrency: 4"] });
    await people.setRows(COLUMNS, rowsOf(40));

    const running = people.project.start("run --json");
    const stopped = readRun(await killAfter(running, api.received(9), "SIGTERM"));

    assert.equal(stopped.code, 1);
    assert.equal(stopped.sync.status, "cancelled");
    const { saved = 0, left = 0, failed, unknown } = stopped.sync.delivery ?? {};
    assert.equal(saved, api.requests.length, "all that was sent is saved");
    assert.equal(saved + left, 40);
    assert.deepEqual([failed, unknown], [0, 0]);

    api.clear();
    api.answer(() => ({ json: {} }));
    const next = await people.run();
    assert.equal(next.code, 0, next.output);
    assert.equal(next.sync.reason, `${left} groups not acknowledged`);
    assert.equal(api.requests.length, left);
  });
}

Deno.test("@model_timeout leaves unknown what was in flight, and keeps what was saved", async () => {
  await using api = await fakeApi((_, index): Answer => index < 3 ? { json: {} } : { hang: true });
  await using people = await syncProject(api, SEND_EACH_ROW, {
    directives: ["model_timeout: 3s", "concurrency: 2"],
  });
  await people.setRows(COLUMNS, rowsOf(8));

  const ended = await people.run();
  assert.equal(ended.code, 1);
  assert.match(ended.sync.error?.message ?? "", /@model_timeout of 3\.0 s/);
  assert.deepEqual(ended.sync.delivery, {
    new: 8,
    changed: 0,
    unchanged: 0,
    removed: 0,
    saved: 3,
    failed: 0,
    unknown: 2,
    left: 3,
    rejected: 0,
    parked: 0,
  });
  const inFlight = api.requests.slice(3).map(({ key }) => key).toSorted();

  api.clear();
  api.answer(() => ({ json: {} }));
  const next = await people.run();
  assert.equal(next.code, 0, next.output);
  assert.equal(api.requests.length, 5);
  assert.deepEqual(api.requests.slice(0, 2).map(({ key }) => key).toSorted(), inFlight);
});

Deno.test("two models that send beside each other keep their own account", async () => {
  await using api = await fakeApi(({ path }) =>
    path === "/second/7" ? { status: 400 } : { json: {} }
  );
  const send = SEND_EACH_ROW.replace("/people/", "/first/");
  await using people = await syncProject(api, send, { directives: ["concurrency: 8"] });
  await people.setRows(COLUMNS, rowsOf(60));
  const text = await people.project.read("models/sync/people.ts");
  await people.project.write("models/sync/second.ts", text.replace("/first/", "/second/"));

  const run = await people.run("--jobs", "4");

  assert.equal(run.code, 1);
  assert.equal(run.sync.status, "ok");
  assert.equal(run.sync.delivery?.saved, 60);
  assert.equal(run.model("sync.second").delivery?.saved, 59);
  assert.equal(new Set(api.requests.map(({ key }) => key)).size, 120);
  assert.deepEqual(run.events.at(-1), {
    ...run.events.at(-1),
    type: "run_finished",
    status: "failed",
    ok: 2,
    failed: 1,
  });
});

Deno.test("a model that throws after it has saved all is failed, and sends nothing again", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, `${SEND_EACH_ROW} throw new Error("afterwards");`);
  await people.setRows(COLUMNS, rowsOf(2));

  const first = await people.run();
  const second = await people.run();

  assert.equal(first.code, 1);
  assert.equal(first.sync.delivery?.saved, 2);
  assert.equal(second.code, 1);
  assert.equal(second.sync.reason, "its last run failed");
  assert.equal(api.requests.length, 2);
});

Deno.test("a model that did not ask for its changes has them still to send", async () => {
  await using api = await fakeApi();
  const code = `if (env("OPEN", "yes") === "yes") {${SEND_EACH_ROW}}`;
  await using people = await syncProject(api, code, { directives: ["allow_env: OPEN"] });
  await people.setRows(COLUMNS, rowsOf(2));
  await people.project.write(".env", "OPEN=no\n");
  const closed = await people.run();
  assert.equal(closed.code, 0, closed.output);
  assert.equal(api.requests.length, 0);

  await people.project.write(".env", "OPEN=yes\n");
  const opened = await people.run();

  assert.equal(opened.sync.status, "ok");
  assert.equal(api.requests.length, 2);
  assert.equal((await people.run()).sync.status, "skipped");
});
