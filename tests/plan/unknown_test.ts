/**
 * What a plan cannot know, and says so; and that its workers could not send if they tried.
 *
 * @module
 */
import assert from "node:assert/strict";
import { BatchedPort } from "~/sandbox/batched_port.ts";
import type { EgressResponse, FromEgress, ToEgress } from "~/sandbox/protocol.ts";
import { permissionsOf } from "~/sandbox/supervisor.ts";
import { workerUrl } from "~/sandbox/worker_url.ts";
import { fakeApi } from "../support/fake_api.ts";
import { killAfter } from "../support/spoor.ts";
import { COLUMNS, rowsOf, SEND_EACH_ROW, syncProject } from "../support/sync_project.ts";
import { tempProject } from "../support/temp_project.ts";
import { until } from "../support/until.ts";
import { makePlan } from "./plan_project.ts";

Deno.test("a group that asks the far side cannot be known, and is never shown as unchanged", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").each(async (row) => {
      if (row.id === 2) await http.get(ORIGIN + "/people/2");
      await http.post(ORIGIN + "/people/" + row.id, { json: row });
    });`,
    { files: { "models/mart/below.sql": "SELECT count(*) AS n FROM sync.people" } },
  );
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"]]);

  const { sync, model, plan, code } = await makePlan(people.project, "--exit-code");
  const { stdout } = await people.project.run("plan");

  assert.equal(api.connections, 0);
  assert.equal(code, 3);
  assert.equal(sync.status, "unknown");
  assert.deepEqual(sync.changes.map(({ outcome }) => outcome), ["accepted", "unknown"]);
  assert.match(sync.changes[1]?.why ?? "", /cannot be known without sending: GET .*\/people\/2/);
  assert.equal(sync.requests.length, 1);
  assert.equal(model("mart.below").status, "unknown");
  assert.match(model("mart.below").unknown ?? "", /sync\.people above it/);
  assert.equal(plan.summary.has_changes, true);
  assert.match(stdout, /cannot be known without sending/);
});

Deno.test("a model that asks before its groups leaves all of them unknown", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `const known = await http.get(ORIGIN + "/known");
    await query("SELECT * FROM raw.people").each(async (row) => {
      await http.post(ORIGIN + "/people/" + row.id, { json: known.json });
    });`,
  );
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);

  const { sync, plan } = await makePlan(people.project);

  assert.equal(sync.status, "unknown");
  assert.match(sync.unknown ?? "", /GET .*\/known/);
  assert.equal(plan.summary.unknown, 1);
  assert.equal(api.connections, 0);
});

Deno.test("what waits for a model that is only unknown is told neither of a failure nor as blocked", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").each(async (row) => {
      const answer = await http.post(ORIGIN + "/people", { json: row });
      await save.row({ ...row, remote: answer.json.result.id });
    });`,
    {
      files: {
        "models/mart/below.sql": "SELECT id FROM sync.people",
        "models/mart/further.sql": "SELECT id FROM mart.below",
      },
    },
  );
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);

  const { model } = await makePlan(people.project);
  const { stdout } = await people.project.run("plan");

  assert.equal(model("mart.below").reason, "sync.people is unknown");
  assert.equal(model("mart.further").reason, "mart.below is unknown");
  assert.doesNotMatch(stdout, /people failed|is blocked/);
});

Deno.test("a model that fails on an assumed answer is unknown, not failed", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").each(async (row) => {
      const answer = await http.post(ORIGIN + "/people", { json: row });
      await save.row({ ...row, remote: answer.json.result.id });
    });`,
  );
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);

  const { sync, code } = await makePlan(people.project);

  assert.equal(code, 0);
  assert.equal(sync.status, "unknown");
  assert.deepEqual(sync.changes.map(({ outcome }) => outcome), ["unknown"]);
  assert.match(sync.changes[0]?.why ?? "", /assumed answer/);
});

Deno.test("what several groups of a plan have in common is said once, with its place and the assumed answer", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").each(async (row) => {
      const answer = await http.post(ORIGIN + "/people", { json: row });
      await save.row({ ...row, remote: answer.json.result.id });
    });`,
  );
  await people.setRows(COLUMNS, rowsOf(14));

  const { plan, sync } = await makePlan(people.project);
  const text = (await people.project.run("plan")).stdout;
  const markdown = (await people.project.run("plan --format md")).stdout;

  assert.deepEqual(sync.reasons?.map(({ outcome, groups }) => [outcome, groups]), [[
    "unknown",
    14,
  ]]);
  for (const shown of [text, markdown]) {
    assert.equal(shown.match(/TypeError/g)?.length, 1, shown);
    assert.match(
      shown,
      /14 groups cannot be known: TypeError: .* \(models\/sync\/people\.ts:8\), after an assumed answer \(200 \{\}\)/,
    );
    assert.match(shown, /^1 model would run, 1 unknown, 0 up to date\. 14 to create, /m);
    assert.match(shown, /@max_changes`? none: 14 \(nothing is accepted yet\)/);
    assert.match(shown, /Not all of sync\.people can be known without sending\./);
  }
  assert.equal(plan.summary.unknown, 1);
});

Deno.test("a model that would fail is counted once in a plan, and says why of groups that are not shown", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").each(async (row) => {
      if (row.id > 11) throw new Error("no such plan");
      await http.post(ORIGIN + "/people", { json: row });
    });`,
  );
  await people.setRows(COLUMNS, rowsOf(12));

  const { stdout } = await people.project.run("plan");

  assert.match(stdout, /1 group would fail: no such plan \(models\/sync\/people\.ts:7\)/);
  assert.match(stdout, /^1 model would run, 0 up to date\. .*\. 1 model would fail or be blocked/m);
});

Deno.test("a source's GET is sent by a plan, its POST is not", async () => {
  await using api = await fakeApi(() => ({ json: [{ id: 1 }, { id: 2 }] }));
  const source = (call: string) => `
    // @allow_net: ${api.host}
    import { http, save } from "spoor";
    const answer = await http.${call}("${api.origin}/orders");
    await save.rows(answer.json);
  `;
  await using project = await tempProject({
    "models/raw/orders.ts": source("get"),
    "models/mart/orders.sql": "SELECT count(*) AS n FROM raw.orders",
  });

  const reading = await makePlan(project);
  assert.deepEqual(api.requests.map(({ method }) => method), ["GET"]);
  assert.equal(reading.model("raw.orders").rows_after, 2);
  assert.equal(reading.model("raw.orders").reads_sent, 1);
  assert.equal(reading.model("mart.orders").status, "runs");
  api.clear();
  await project.write("models/raw/orders.ts", source("post"));

  const writing = await makePlan(project);

  assert.equal(api.connections, 0);
  assert.equal(writing.model("raw.orders").status, "unknown");
  assert.equal(writing.model("mart.orders").status, "unknown");
});

Deno.test("a model that reads tables and is not tracked cannot ask in a plan either", async () => {
  await using api = await fakeApi();
  await using project = await tempProject({
    "models/raw/places.sql": "SELECT 'Delft' AS name",
    "models/mart/places.ts": `
      // @allow_net: ${api.host}
      import { http, query, save } from "spoor";
      for await (const place of query("SELECT * FROM raw.places")) {
        await save.row((await http.get("${api.origin}/" + place.name)).json);
      }
    `,
  });

  const { model } = await makePlan(project);

  assert.equal(model("mart.places").status, "unknown");
  assert.equal(api.connections, 0);
});

/** What the engine asks for where a model's requests are only recorded. */
const NOTHING = { role: "egress", net: [] } as const;

Deno.test("Deno refuses a fetch in a worker with the permissions of a plan's", async () => {
  await using api = await fakeApi();
  const code = `
    try { await fetch("${api.origin}/forged", { method: "POST" }); postMessage("sent"); }
    catch (error) { postMessage(error.name); }
  `;
  const worker = new Worker(
    `data:text/javascript,${encodeURIComponent(code)}`,
    // deno-lint-ignore no-explicit-any -- `deno` is an unstable option that the DOM types lack.
    { type: "module", deno: { permissions: permissionsOf(NOTHING) } } as any,
  );
  const said = await new Promise((resolve) => worker.onmessage = ({ data }) => resolve(data));
  worker.terminate();

  assert.equal(said, "NotCapable");
  assert.equal(api.connections, 0);
});

Deno.test("the egress worker itself cannot send with a plan's permissions, whatever it is told", async () => {
  await using api = await fakeApi();
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(
    workerUrl("egress"),
    // deno-lint-ignore no-explicit-any -- `deno` is an unstable option that the DOM types lack.
    { type: "module", deno: { permissions: permissionsOf(NOTHING) } } as any,
  );
  worker.postMessage({ port: port2 }, [port2]);
  const { promise, resolve } = Promise.withResolvers<EgressResponse>();
  const port = new BatchedPort<FromEgress, ToEgress>(port1, (messages) => {
    for (const message of messages) if (message.type === "response") resolve(message.response);
  });
  // Told as for a run: no word of a plan.
  port.send({ type: "start", start: { model: "sync.people", allowNet: [api.host], secrets: [] } });
  port.send({
    type: "request",
    id: 1,
    request: {
      method: "POST",
      url: `${api.origin}/people`,
      headers: [],
      body: "{}",
      timeoutMs: 5_000,
      retries: 0,
      idempotencyKey: "",
    },
  });
  const { error } = await promise;
  port.close();
  worker.terminate();

  assert.ok(error, "the request was answered");
  assert.equal(api.connections, 0);
});

Deno.test("a plan that is stopped or killed leaves no copy of the state behind", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `import "./_wait.ts";
    ${SEND_EACH_ROW}`,
    {
      files: {
        "models/sync/_wait.ts": "await new Promise((resolve) => setTimeout(resolve, 60_000));",
      },
    },
  );
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);
  const { project } = people;
  const copies = () => copiesIn(project.path(".spoor"));

  const isCopied = until(() => copies().length > 0, "the plan has made its copy");
  await killAfter(project.start("plan"), isCopied);
  assert.equal(copies().length, 1);

  const stopped = project.start("plan");
  const [first] = copies();
  await until(() => copies().some((name) => name !== first), "the plan has made a copy of its own");
  stopped.kill("SIGINT");
  stopped.kill("SIGINT");
  await stopped.waitFor(/Stopping/).catch(() => {});
  stopped.kill("SIGINT");
  const { code } = await stopped.result;

  assert.notEqual(code, 0);
  assert.deepEqual(copies(), []);
});

/** Names of the folders in there; none where it is not there yet. */
function copiesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].filter((entry) => entry.isDirectory).map(({ name }) =>
      name
    );
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
