/**
 * `kill -9` in the middle of a push: nothing that was acknowledged goes out again, nothing is lost,
 * and what was in flight comes again with the key that it had.
 */
import assert from "node:assert/strict";
import { type Answer, fakeApi, type ReceivedRequest } from "../../support/fake_api.ts";
import { killAfter } from "../../support/spoor.ts";
import {
  killWhileOut,
  rowsOf,
  SEND_EACH_ROW,
  SEND_IN_LOOP,
  type SyncProject,
  syncProject,
} from "../../support/sync_project.ts";
import { tempProject } from "../../support/temp_project.ts";

const SEND_BATCHES = `
  await query("SELECT * FROM raw.people").batches(4, async (groups) => {
    await http.post(ORIGIN + "/batch", { json: groups.flatMap((group) => group.rows) });
  });
`;
const SEND_BATCHES_IN_LOOP = `
  for await (const groups of query("SELECT * FROM raw.people").batches(4)) {
    await http.post(ORIGIN + "/batch", { json: groups.flatMap((group) => group.rows) });
    await save.rows(groups.flatMap((group) => group.rows));
  }
`;

interface Killing {
  form: string;
  code: string;
  concurrency: number;
  groups: number;
  /** Killed when this request arrives … */
  at: number;
  /** … before it is answered, or so long after that. */
  afterMs?: number;
}

const KILLINGS: readonly Killing[] = [
  ...[0, 6].map((at) => ({ form: "each", code: SEND_EACH_ROW, ...counts(1, 24), at })),
  ...[0, 21].map((at) => ({ form: "each", code: SEND_EACH_ROW, ...counts(8, 40), at })),
  { form: "each", code: SEND_EACH_ROW, ...counts(8, 60), at: 23, afterMs: 3 },
  { form: "a loop", code: SEND_IN_LOOP, ...counts(1, 24), at: 11 },
  { form: "batches", code: SEND_BATCHES, ...counts(1, 21), at: 3 },
  { form: "batches", code: SEND_BATCHES, ...counts(1, 5), at: 1 },
  { form: "batches", code: SEND_BATCHES, ...counts(8, 61), at: 9 },
  { form: "batches", code: SEND_BATCHES, ...counts(8, 81), at: 10, afterMs: 2 },
  { form: "a loop of batches", code: SEND_BATCHES_IN_LOOP, ...counts(1, 21), at: 2 },
];

function counts(concurrency: number, groups: number): { concurrency: number; groups: number } {
  return { concurrency, groups };
}

for (const [form, killings] of Map.groupBy(KILLINGS, ({ form }) => form)) {
  Deno.test(`${form}: killed in the middle, a push goes on where it was`, async () => {
    // Side by side: most of the time goes into starting processes.
    const ends = await Promise.allSettled(killings.map(killAndResume));
    const failures = ends.flatMap((end, index) =>
      end.status === "rejected" ? [`${describe(killings[index])}\n${end.reason?.stack}`] : []
    );
    assert.deepEqual(failures, []);
  });
}

function describe(killing: Killing | undefined): string {
  const { code: _code, ...rest } = killing ?? { code: "" };
  return JSON.stringify(rest);
}

async function killAndResume({ code, concurrency, groups, at, afterMs }: Killing): Promise<void> {
  await using api = await fakeApi();
  await using people = await syncProject(api, code, {
    directives: [`concurrency: ${concurrency}`],
  });
  await people.setRows(["id", "name"], rowsOf(groups));

  const running = people.project.start("run --json");
  api.answer((_, index): Answer => {
    if (index < at) return { json: {} };
    if (index > at) return afterMs === undefined ? { hang: true } : { json: {} };
    if (afterMs === undefined) running.kill("SIGKILL");
    else setTimeout(() => running.kill("SIGKILL"), afterMs);
    return afterMs === undefined ? { hang: true } : { json: {} };
  });
  const killed = await running.result;
  assert.notEqual(killed.code, 0);
  const first = [...api.requests];
  const acknowledged = acceptedIds(people);

  api.clear();
  api.answer(() => ({ json: {} }));
  // The groups that were not reached may have changed meanwhile: what is repeated must not.
  const rest = rowsOf(groups + 3);
  await people.setRows(["id", "name"], rest);
  const second = await people.run();
  assert.equal(second.code, 0, second.output);

  const idsBefore = new Set(first.flatMap(idsOf));
  const again = api.requests.filter((request) => idsOf(request).some((id) => idsBefore.has(id)));
  assert.ok(again.length <= concurrency, `${again.length} requests came again`);
  for (const id of acknowledged) {
    assert.ok(idsBefore.has(id), `${id} was acknowledged and never sent`);
    assert.ok(!api.requests.some((request) => idsOf(request).includes(id)), `${id} came again`);
  }
  const bodies = new Map(first.map((request) => [request.key, request.body]));
  for (const request of again) {
    assert.equal(bodies.get(request.key), request.body, "the same key, and the same content");
  }
  const known = [...acknowledged, ...api.requests.flatMap(idsOf)].toSorted((a, b) => a - b);
  assert.deepEqual(known, rest.map(([id]) => Number(id)), "each once, none lost");

  assert.deepEqual(acceptedIds(people), known);
  assert.equal(people.project.rows("spoor.ledger").length, 0);
}

function acceptedIds({ project }: SyncProject): number[] {
  const table = "spoor.accepted.sync.people";
  const isThere = project.rows(`SELECT 1 FROM sqlite_schema WHERE name = '${table}'`).length > 0;
  return isThere
    ? project.rows(`SELECT id FROM "${table}" ORDER BY id`).map(({ id }) => Number(id))
    : [];
}

function idsOf({ json }: ReceivedRequest): number[] {
  return [json as { id: number } | { id: number }[]].flat().map((row) => row.id);
}

Deno.test("a batch in flight comes again as it was, though its rows come in another order", async () => {
  await using api = await fakeApi([{ json: {} }, { hang: true }]);
  await using people = await syncProject(api, SEND_BATCHES);
  await people.setRows(["id", "name"], rowsOf(10));
  await killAfter(people.project.start("run --json"), api.received(2));
  const [, inFlight] = api.requests;
  api.clear();
  api.answer(() => ({ json: {} }));

  await people.setSync(SEND_BATCHES.replace("raw.people", "raw.people ORDER BY id DESC"));
  await people.run();

  assert.deepEqual(api.requests.map(idsOf), [[5, 6, 7, 8], [10, 9]]);
  assert.equal(api.requests[0]?.key, inFlight?.key);
  assert.equal(api.requests[0]?.body, inFlight?.body);
});

Deno.test("a run that is killed again and again repeats the same requests with the same keys", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_BATCHES, { directives: ["concurrency: 2"] });
  await people.setRows(["id", "name"], rowsOf(16));
  const seen: string[][] = [];
  for (let i = 0; i < 3; i++) {
    api.clear();
    api.answer(() => ({ hang: true }));
    await killAfter(people.project.start("run --json"), api.received(2));
    seen.push(api.requests.map(({ key, body }) => `${key} ${body}`).toSorted());
  }
  api.clear();
  api.answer(() => ({ json: {} }));
  const last = await people.run();

  assert.equal(last.code, 0, last.output);
  assert.deepEqual(seen[1], seen[0]);
  assert.deepEqual(seen[2], seen[0]);
  assert.deepEqual(
    api.requests.slice(0, 2).map(({ key, body }) => `${key} ${body}`).toSorted(),
    seen[0],
  );
  assert.equal(last.sync.delivery?.saved, 16);
});

Deno.test("a resend that is killed goes on with the next run", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(["id", "name"], rowsOf(10));
  await people.run();
  api.clear();

  await killWhileOut(api, people, 4, { args: ["--resend", "sync.people"] });
  api.answer(() => ({ json: {} }));
  const next = await people.run();

  assert.equal(next.code, 0, next.output);
  assert.deepEqual(
    [...new Set(api.requests.flatMap(idsOf))].toSorted((a, b) => a - b),
    rowsOf(10).map(([id]) => Number(id)),
  );
});

Deno.test("models below see what a killed run has acknowledged", async () => {
  await using api = await fakeApi();
  const code = `${SEND_EACH_ROW}
    await http.get(ORIGIN + "/end");`;
  await using people = await syncProject(api, code);
  await people.project.write("models/mart/sent.sql", "SELECT id, name FROM sync.people");
  await people.setRows(["id", "name"], rowsOf(3));
  await people.run();
  await people.setRows(["id", "name"], rowsOf(3, "Grace"));

  const running = people.project.start("run --json");
  api.answer(({ path }): Answer => {
    if (path !== "/end") return { json: {} };
    running.kill("SIGKILL");
    return { hang: true };
  });
  await running.result;
  api.answer(() => ({ json: {} }));
  api.clear();
  const next = await people.run();

  assert.equal(next.code, 0, next.output);
  assert.equal(next.sync.delivery?.saved, 0);
  assert.deepEqual(people.project.rows("mart.sent").map((row) => row.name), [
    "Grace",
    "Grace",
    "Grace",
  ]);
});

Deno.test("a model that is killed while it saves has written nothing, and the next run starts clean", async () => {
  await using api = await fakeApi([{ hang: true }]);
  await using project = await tempProject({
    "models/raw/people.ts": `
      // @kind: tracked
      // @unique_key: id
      // @allow_net: ${api.host}
      // @allow_read: inbox
      import { files, http, save } from "spoor";
      for await (const file of files("inbox/*.csv")) await save.rows(file.csv());
      for (let id = 0; id < 5000; id++) await save.row({ id: "more " + id, name: "x" });
      await http.get("${api.origin}/");
    `,
    "inbox/a.csv": "id,name\n1,Ada\n",
  });
  await killAfter(project.start("run"), api.received(1));
  const tables = (name: string) =>
    project.rows(`SELECT name FROM sqlite_schema WHERE name LIKE '${name}'`).length;
  assert.equal(tables("raw.people"), 0);

  api.answer(() => ({ json: {} }));
  const next = await project.run("run");

  assert.equal(next.code, 0, next.output);
  assert.equal(project.rows("raw.people").length, 5001);
  assert.equal(tables("spoor.stage%"), 0);
});

Deno.test("a killed run is shown as died, and its lock is taken over", async () => {
  await using api = await fakeApi([{ hang: true }]);
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(["id", "name"], rowsOf(1));
  const running = people.project.start("run --json");
  await Promise.race([api.received(1), running.result]);

  const beside = await people.project.run("run --json");
  assert.equal(beside.code, 1);
  assert.match(beside.output, /Cannot run: process \d+ \("spoor run"\) has held the lock since/);
  await killAfter(running, Promise.resolve());
  api.answer(() => ({ json: {} }));
  const next = await people.run();

  assert.equal(next.sync.status, "ok");
  assert.deepEqual(
    people.project.rows('SELECT status FROM "spoor.runs" ORDER BY id').map((row) => row.status),
    ["died", "ok"],
  );
});

Deno.test("history never says 0 of a killed run that has sent", async () => {
  await using api = await fakeApi(({ path }) =>
    path === "/people/3" ? { hang: true } : { json: {} }
  );
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(["id", "name"], rowsOf(3));
  await killAfter(people.project.start("run --json"), api.received(3));

  const { stdout } = await people.project.run("history --json");

  const { requests_sent: requests, groups_saved: saved, groups_delivered: delivered } = JSON.parse(
    stdout,
  );
  // The last one was out when the run was killed.
  assert.deepEqual([requests, saved, delivered], [3, null, null]);
  const { output } = await people.project.run("history");
  assert.match(output, /^ +1 .* died +1 +0 +0 +3 +spoor run$/m);
});
