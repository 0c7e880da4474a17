/** Runs that are stopped, time out, stand beside each other, or meet a model that has changed. */
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
    const ended = await killAfter(running, api.received(9), "SIGTERM");
    const { code: exitCode, stdout, output } = ended;
    const stopped = readRun(exitCode, stdout, output);

    assert.equal(exitCode, 1);
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

Deno.test("each may save by itself, and the rest is taken as read", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `const counts = await query("SELECT * FROM raw.people").each(async (row) => {
      if (row.id === 1) await save.row({ ...row, by: "hand" });
    });
    log.info(JSON.stringify(counts));`,
  );
  await people.setRows(COLUMNS, rowsOf(2));

  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.match(run.output, /\{\\"saved\\":2,\\"rejected\\":0,\\"failed\\":0\}/);
  assert.deepEqual(
    people.project.rows(`SELECT id, "by" FROM "sync.people" ORDER BY id`),
    [{ id: 1, by: "hand" }, { id: 2, by: null }],
  );
});

Deno.test("another unique key, while groups wait under the old one", async () => {
  await using api = await fakeApi(({ path }) =>
    path.endsWith("/2") ? { status: 400 } : { json: {} }
  );
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, [["1", "'a'"], ["2", "'b'"], ["3", "'c'"]]);
  await people.run();
  api.clear();
  api.answer(() => ({ json: {} }));

  await people.setSync(SEND_EACH_ROW, ["unique_key: name, id"]);
  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.deepEqual(api.requests.map(({ path }) => path), ["/people/2"]);
  assert.equal(run.sync.delivery?.unchanged, 2);
  assert.equal(people.project.rows("spoor.ledger").length, 0);
});

for (const column of ["_content_hash", "_spoor_n"]) {
  Deno.test(`a query with a column of Spoor's own fails before anything is sent: ${column}`, async () => {
    await using api = await fakeApi();
    await using people = await syncProject(api, SEND_EACH_ROW);
    await people.setRows(["id", column], rowsOf(2));

    const run = await people.run();

    assert.equal(run.code, 1);
    assert.equal(api.requests.length, 0);
    assert.match(
      run.sync.error?.message ?? "",
      new RegExp(`"${column}" is a column of Spoor's own`),
    );
  });
}

Deno.test("a group that was sent and cannot be written has failed, and says why", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `for await (const row of query("SELECT * FROM raw.people")) {
      await http.post(ORIGIN + "/", { json: row });
      const columns = Array.from({ length: 1500 / row.id }, (_, i) => ["c" + row.id + "_" + i, i]);
      await save.row({ ...row, ...Object.fromEntries(columns) });
    }`,
  );
  await people.setRows(COLUMNS, rowsOf(3));

  const run = await people.run();

  assert.equal(run.code, 1);
  assert.match(run.sync.error?.message ?? "", /id = 2: the table would have 2252 columns with it/);
  assert.deepEqual(run.sync.delivery, {
    new: 3,
    changed: 0,
    unchanged: 0,
    removed: 0,
    saved: 1,
    failed: 1,
    unknown: 0,
    left: 1,
    rejected: 0,
    parked: 0,
    kept_back: 1,
  });
  assert.deepEqual(people.project.rows('SELECT id FROM "sync.people"'), [{ id: 1 }]);
});

for (
  const [form, code] of [
    [
      "a loop",
      `for await (const row of query("SELECT * FROM raw.people")) {
      await save.row(row);
      await http.post(ORIGIN + "/after/" + row.id, { json: row });
    }`,
    ],
    [
      "each",
      `await query("SELECT * FROM raw.people").each(async (row) => {
      await http.post(ORIGIN + "/before/" + row.id, { json: row });
      await Promise.all([save.row(row), http.post(ORIGIN + "/after/" + row.id, { json: row })]);
      await http.post(ORIGIN + "/later/" + row.id, { json: row });
    });`,
    ],
  ] as const
) {
  Deno.test(`requests that follow a save belong to no change: ${form}`, async () => {
    await using api = await fakeApi();
    await using people = await syncProject(api, code);
    await people.setRows(COLUMNS, rowsOf(3));

    const run = await people.run();

    assert.equal(run.code, 0, run.output);
    assert.equal(run.sync.delivery?.saved, 3);
    const keys = api.requests.map(({ key }) => key);
    assert.equal(new Set(keys).size, form === "each" ? 9 : 3);
    assert.equal(people.project.rows("spoor.ledger").length, 0);
  });
}

Deno.test("groups in the hands of a model that throws have failed, and not gone missing", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `for await (const row of query("SELECT * FROM raw.people")) {
      await http.post(ORIGIN + "/", { json: row });
      if (row.id === 2) throw new Error("stop");
      await save.row(row);
    }`,
  );
  await people.setRows(COLUMNS, rowsOf(3));

  const run = await people.run();

  assert.equal(run.sync.delivery?.failed, 1);
  assert.deepEqual(people.project.rows('SELECT group_key, state FROM "spoor.ledger"'), [
    { group_key: "[2]", state: "failed" },
  ]);
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
