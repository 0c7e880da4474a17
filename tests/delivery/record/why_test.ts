/**
 * `spoor why`: one group's story, from what the runs have recorded.
 *
 * @module
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { fakeApi } from "../../support/fake_api.ts";
import { readLines } from "../../support/read_lines.ts";
import { COLUMNS, rowsOf, SEND_EACH_ROW, syncProject } from "../../support/sync_project.ts";

Deno.test("why tells what was sent and answered, what runs decided, and what is next", async () => {
  await using api = await fakeApi(({ path, json }) =>
    path === "/people/2" && (json as { name: string }).name !== "Bob"
      ? { status: 422, json: { message: "no such name" } }
      : { json: { ok: true } }
  );
  await using people = await syncProject(api, SEND_EACH_ROW, {
    directives: ["max_attempts: 1", "max_changes: 1"],
  });
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"]]);
  await people.run();
  await people.run("--full");
  await people.setRows(COLUMNS, [["1", "'Ada L.'"], ["2", "'Bob'"]]);
  await people.run();
  const blocked = await people.project.run("why sync.people 2");

  assert.equal(blocked.code, 0, blocked.output);
  assert.match(
    blocked.stdout,
    /next .*parked until its content changes, or: spoor retry sync\.people 2/,
  );
  assert.match(
    blocked.stdout,
    /run 3 .*blocked: Cannot send sync\.people: 2 groups are new or changed/,
  );
  assert.match(blocked.stdout, /run 2 .*held back: failed in run 1/);
  assert.match(blocked.stdout, /run 1 .*failed: create: POST .*answered 422/);
  assert.match(blocked.stdout, /POST http:\S+\/people\/2 +422 .*key [0-9a-f]{32}/);
  assert.match(blocked.stdout, /request +\{"id":2,"name":"Bo"\}/);
  assert.match(blocked.stdout, /response +\{"message":"no such name"\}/);

  await people.run("--allow-changes");
  const [now, sent, ...older] = await readLines(people.project, "why", "sync.people", "id=1");

  assert.equal((now?.next as { code: string }).code, "accepted");
  assert.deepEqual(now?.key, { id: 1 });
  assert.deepEqual([sent?.type, sent?.state, sent?.changed], [
    "why_try",
    "accepted",
    { name: ["Ada", "Ada L."] },
  ]);
  assert.equal(sent?.content_hash, now?.accepted_hash);
  const [request] = sent?.requests as { idempotency_key: string; request: { body: string } }[];
  const arrived = api.requests.findLast(({ path }) => path === "/people/1");
  assert.equal(request?.idempotency_key, arrived?.key);
  assert.equal(request?.request.body, `{"id":1,"name":"Ada L."}`);
  assert.deepEqual(older.map((line) => line.decision ?? line.state), [
    "blocked",
    "unchanged",
    "accepted",
  ]);
});

Deno.test("why names the nearest key, the nearest model, and a model that has no groups", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, [["'ada@example.com'", "1"], ["7", "2"], ["'7'", "3"]]);
  await people.run();
  const why = (...args: string[]) => people.project.run(["why", ...args]);

  const typo = await why("sync.people", "ada@exmaple.com");
  assert.equal(typo.code, 2);
  assert.match(typo.output, /sync\.people knows no group "ada@exmaple\.com"/);
  assert.match(typo.output, /Did you mean "ada@example\.com"\?/);
  assert.match((await why("sync.people", "900")).output, /id = 7[^]*nearest that it knows/);
  assert.match((await why("sync.peple", "7")).output, /Did you mean "sync\.people"\?/);
  assert.match((await why("raw.people", "7")).output, /has the kind "table", and no groups/);
  assert.match((await why("sync.people", "'7'")).output, /accepted: created/);
  assert.equal((await why("sync.people")).code, 2);
});

Deno.test("why of a composite key, of a batch, of a removed group and of one without a file", async () => {
  await using api = await fakeApi();
  const code = `
    await changes("SELECT * FROM raw.people").each(async (change) => {
      await http.post(ORIGIN + "/" + change.action, { json: change.key });
    });`;
  await using people = await syncProject(api, code, {
    directives: ["unique_key: region, id", "on_removed: deliver", "max_removed: 100%"],
  });
  await people.setRows(["region", "id"], [["'EU'", "1"], ["'US'", "1"]]);
  await people.run();
  await people.setRows(["region", "id"], [["'US'", "1"]]);
  await people.run();

  const removed = await people.project.run(["why", "sync.people", "EU", "1"]);
  assert.match(removed.stdout, /next .*removed at the far side; it counts as new if it comes back/);
  assert.match(removed.stdout, /run 2 .*accepted: removed; content/);
  const kept = await people.project.run(["why", "sync.people", "id=1", "region=US"]);
  assert.match(kept.stdout, /run 2 .*unchanged/);
  assert.match(
    (await people.project.run(["why", "sync.people", "EU"])).output,
    /is not a key of region, id[^]*region=… id=…/,
  );

  await people.project.remove("models/sync/people.ts");
  const orphan = await people.project.run(["why", "sync.people", "US", "1"]);
  assert.equal(orphan.code, 0, orphan.output);
  assert.match(orphan.stdout, /no file of the project makes its model any more/);
});

Deno.test("why shows a batch's request and its tries with each of its groups, and what was adopted", async () => {
  const busy = { status: 503, headers: { "retry-after": "0" } };
  await using api = await fakeApi([busy, { drop: true }, {}]);
  const code = `
    await query("SELECT * FROM raw.people").batches(10, async (rows) => {
      await http.post(ORIGIN + "/batch", { json: rows, headers: { "x-token": secret("TOKEN") } });
    });`;
  await using people = await syncProject(api, code, {
    directives: ["secrets: TOKEN"],
    files: { ".env": "TOKEN=s3cr3t-value" },
  });
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"]]);
  await people.run();
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bob'"]]);
  await people.run("--adopt", "sync.people");

  const { stdout } = await people.project.run("why sync.people 2 --verbose");

  assert.match(stdout, /run 2 .*adopted: the model as a whole: 1 group recorded as sent/);
  assert.match(stdout, /run 1 .*accepted: created, in a batch/);
  const day = String.raw`\d{4}-\d\d-\d\d [\d:]{8}\.\d{3}`;
  assert.match(
    stdout,
    new RegExp(
      String.raw`POST http:\S+/batch +200 +3 tries.*
 +try 1 +${day} +503 after \d+ ms, Retry-After 0 ms.*
 +try 2 +${day} +the connection broke \(.*\) after \d+ ms.*
 +try 3 +${day} +200 after \d+ ms$`,
      "m",
    ),
  );
  assert.match(stdout, /\{"id":1,"name":"Ada"\}.*\{"id":2,"name":"Bo"\}/);
  assert.match(stdout, /x-token: /);
  assert.doesNotMatch(stdout, /s3cr3t-value/);
});

Deno.test("why before anything ran says what to do", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);

  const { code, output } = await people.project.run("why sync.people 1");

  assert.equal(code, 1);
  assert.match(output, /Cannot tell why: nothing has run here yet[^]*spoor run/);
});

Deno.test("why of a model of which nothing was tried yet goes by the key that its header has", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);
  await people.project.run("run raw.people");

  const unknown = await people.project.run("why sync.people id=1");
  const two = await people.project.run("why sync.people 1 2");

  assert.deepEqual([unknown.code, two.code], [2, 2]);
  assert.match(unknown.output, /No group of sync\.people was sent or accepted yet/);
  assert.match(two.output, /"1 2" is not a key of the column "id"/);
});

/** Sends keys of its own: one that looks like a digest and is none, one with a secret in it, an ordinary one. */
const OWN_KEYS = `
const KEYS = ["", "own-1", "ABCDEF0123456789ABCDEF0123456789", "for " + secret("TOKEN")];
await query("SELECT * FROM raw.people").each(async (row) => {
  await http.post(ORIGIN + "/people/" + row.id, {
    json: row,
    headers: { "Idempotency-Key": KEYS[row.id] },
  });
});`;

Deno.test("why and spoor.requests tell the Idempotency-Key that a model has set itself, as it was sent", async () => {
  await using api = await fakeApi(({ path }) => ({ status: path.endsWith("/1") ? 422 : 200 }));
  await using people = await syncProject(api, OWN_KEYS, {
    directives: ["secrets: TOKEN", "concurrency: 1"],
    files: { ".env": "TOKEN=s3cr3t-value" },
  });
  await people.setRows(COLUMNS, rowsOf(3));
  await people.run();

  const [own, digits, secret] = api.requests.map(({ key }) => key);
  assert.deepEqual([own, digits, secret], [
    "own-1",
    "ABCDEF0123456789ABCDEF0123456789",
    "for s3cr3t-value",
  ]);
  const recorded = async () =>
    (await people.project.rows("spoor.requests")).map((row) => row.idempotency_key);
  assert.deepEqual(await recorded(), [own, digits, "for ***"]);
  using db = new DatabaseSync(people.project.path(".spoor/spoor.db"));
  db.exec(`DELETE FROM "spoor.request_bodies"`);
  assert.deepEqual(await recorded(), [own, digits, "for ***"]);
  const { stdout } = await people.project.run("why sync.people 1");
  assert.match(stdout, /POST .* 422 .*key own-1$/m);
  assert.doesNotMatch(stdout, /[0-9a-f]{32}$/m);
});

Deno.test("why tells the Idempotency-Key of a request whose bodies are not kept", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);
  await people.run();
  using db = new DatabaseSync(people.project.path(".spoor/spoor.db"));
  const keys = () => people.project.rows("spoor.requests").map((row) => row.idempotency_key);
  assert.deepEqual(keys(), [api.requests[0]?.key]);
  db.exec(`DELETE FROM "spoor.request_bodies"`);
  assert.deepEqual(keys(), [null]);

  const { stdout } = await people.project.run("why sync.people 1");

  assert.match(stdout, new RegExp(`POST .* 200 .*key ${api.requests[0]?.key}\\n`));
  assert.match(stdout, /its bodies are not kept: newer ones have taken their place/);
});

Deno.test("only the key of a change's first request is made anew, those of the others are kept", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").each(async (row) => {
      for (const path of ["/a", "/b", "/c"]) await http.post(ORIGIN + path, { json: row });
    });`,
  );
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);
  await people.run();
  using db = new DatabaseSync(people.project.path(".spoor/spoor.db"));
  db.exec(`DELETE FROM "spoor.request_bodies"`);

  const recorded = people.project.rows("spoor.requests").map((row) => row.idempotency_key);
  const { stdout } = await people.project.run("why sync.people 1");

  const sent = api.requests.map(({ key }) => key);
  assert.deepEqual(recorded, [null, ...sent.slice(1)]);
  for (const key of sent) assert.match(stdout, new RegExp(`key ${key}$`, "m"));
});

Deno.test("why shows what was sent and answered of what is not accepted, however much was sent since", async () => {
  // Of a text 4,000 characters are kept: of these, some 350 requests fill the room.
  const long = "€".repeat(4_000);
  await using api = await fakeApi(({ json }) =>
    (json as { id: number }).id <= 2
      ? { status: 422, json: { message: "no such name" } }
      : { body: long }
  );
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["concurrency: 32"] });
  await people.project.write(
    "models/raw/people.sql",
    `WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 800)
     SELECT id, 'Ada${long}' AS name FROM n`,
  );

  await people.run();

  const why = async (id: number) => (await people.project.run(`why sync.people ${id}`)).stdout;
  for (const id of [1, 2]) {
    assert.match(await why(id), new RegExp(`request +\\{"id":${id},"name":"Ada€€€€`));
    assert.match(await why(id), /response +\{"message":"no such name"\}/);
  }
  assert.match(await why(3), /its bodies are not kept: newer ones have taken their place/);
  const [size] = people.project.rows(
    `SELECT sum(octet_length(request) + octet_length(response)) AS bytes FROM "spoor.request_bodies"`,
  );
  assert.ok(Number(size?.bytes) < 10 * 2 ** 20, `${size?.bytes} bytes`);
});

Deno.test("why of a model that a budget has blocked promises nothing, of known groups and of new ones", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["max_changes: 1"] });
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"]]);
  await people.run();
  await people.setRows(COLUMNS, [["1", "'Ada L.'"], ["2", "'Bob'"], ["31", "'Cy'"]]);
  await people.run();
  const why = async (...args: string[]) =>
    (await people.project.run(["why", "sync.people", ...args])).output;

  assert.match(
    await why("1"),
    /next .*blocked: run 2 stopped at the budget \(3 groups are new or changed, 2 are accepted, and @max_changes is 1\); nothing of sync\.people is sent until that is let through: spoor run sync\.people --allow-changes$/m,
  );
  const [line] = await readLines(people.project, "why", "sync.people", "1");
  assert.equal((line?.next as { code: string }).code, "blocked");
  const unknown = await why("31");
  assert.match(unknown, /knows no group "31"/);
  assert.match(unknown, /Run 2 stopped at the budget .*"spoor run sync\.people --allow-changes"/);

  await people.run("--allow-changes");
  assert.match(await why("31"), /next .*accepted; nothing to do/);
});

Deno.test("why knows a group that is gone by its story, however often all of its model was adopted since", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["max_removed: 100%"] });
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"]]);
  await people.run();
  for (const name of ["Cy", "Di", "Ed"]) {
    await people.setRows(COLUMNS, [["2", `'${name}'`]]);
    await people.run("--adopt", "sync.people");
  }

  const { code, output } = await people.project.run("why sync.people 1");

  assert.equal(code, 0, output);
  assert.match(output, /next .*no longer in the query/);
  assert.match(output, /run 1 .*accepted: created/);
});

Deno.test("where what left the query is kept, run and why say so", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["on_removed: keep"] });
  await people.setRows(["id", "name"], rowsOf(3));
  await people.run();
  await people.setRows(["id", "name"], rowsOf(1));

  const { stdout } = await people.project.run("run");
  assert.match(stdout, /groups +0 new, 0 changed, 1 unchanged, 2 gone and kept\n/);

  const why = (await people.project.run("why sync.people 3")).stdout;
  assert.match(why, /next +accepted; .* one of the 2 that left the query, until it comes back/);
  assert.match(
    why,
    /run 2 .*unchanged, or not in the query: 2 of its groups were not, and/,
  );
});

Deno.test("why says of a run whose model ended before its query that nothing was compared", async () => {
  let isUp = true;
  await using api = await fakeApi(({ path }) => ({
    status: path === "/health" && !isUp ? 503 : 200,
  }));
  await using people = await syncProject(
    api,
    `const health = await http.get(ORIGIN + "/health", { throwOnError: false, retries: 0 });
    if (health.ok) { ${SEND_EACH_ROW} }`,
  );
  isUp = false;
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);
  await people.run();
  isUp = true;
  await people.run();
  isUp = false;
  await people.setRows(COLUMNS, [["1", "'Bo'"]]);
  assert.equal((await people.run()).code, 0);

  const { stdout } = await people.project.run("why sync.people 1");

  for (const run of [1, 3]) {
    assert.match(
      stdout,
      new RegExp(`^run ${run} .*not compared: the model ended before it read its query$`, "m"),
    );
  }
  assert.doesNotMatch(stdout, /unchanged/);
});

Deno.test("why claims no group to be held back that may have left the query", async () => {
  await using api = await fakeApi(({ path }) => ({ status: path === "/people/3" ? 200 : 422 }));
  const code = `await changes("SELECT * FROM raw.people").each(async (change) => {
    if (change.key.id === 1) return await change.reject("no");
    await http.post(ORIGIN + "/people/" + change.key.id, { json: change.rows });
  });`;
  await using people = await syncProject(api, code, {
    directives: ["max_attempts: 1", "retries: 0"],
  });
  const rows = [["1", "'Ada'"], ["2", "'Bo'"], ["3", "'Cy'"], ["4", "'Di'"]];
  const why = async (key: string) => (await people.project.run(`why sync.people ${key}`)).stdout;
  await people.setRows(COLUMNS, rows);
  await people.run();
  // 1 was refused and 2 has failed; now they are gone, and 4, which has failed too, is still there.
  await people.setRows(COLUMNS, rows.slice(2));
  await people.run();

  assert.match(await why("1"), /run 2 .*held back, or not in the query: rejected in run 1$/m);
  assert.match(await why("2"), /run 2 .*held back, or not in the query: failed in run 1$/m);
  assert.match(await why("4"), /run 2 .*held back: failed in run 1$/m);
  const [, left] = await readLines(people.project, "why", "sync.people", "2");
  assert.equal(left?.decision, "held_back_or_gone");
});

Deno.test("why says where the model's last run failed before it compared groups, or waited in vain", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);
  await people.run();
  const next = async () =>
    /^next +(.*)$/m.exec((await people.project.run("why sync.people 1")).stdout)?.[1];
  assert.equal(await next(), "accepted; nothing to do until its content changes");

  await people.setSync(`throw new Error("no luck");`);
  assert.equal((await people.run()).code, 1);
  assert.match(
    await next() ?? "",
    /^accepted; nothing to do .*; but run 2 ended before it compared groups: .*no luck/,
  );

  await people.setSync(SEND_EACH_ROW);
  await people.project.write("models/raw/people.sql", "SELECT abs('x', 'y') AS id, 'Ada' AS name");
  assert.equal((await people.run()).code, 1);
  assert.match(
    await next() ?? "",
    /; but run 3 ended before it compared groups: raw\.people failed$/,
  );

  await people.setRows(COLUMNS, [["1", "'Ada'"]]);
  assert.equal((await people.run()).code, 0);
  assert.equal(await next(), "accepted; nothing to do until its content changes");
});

Deno.test("that a person has stopped a run says nothing against the next one", async () => {
  await using api = await fakeApi();
  const code = `await http.get(ORIGIN + "/ready");\n${SEND_EACH_ROW}`;
  await using people = await syncProject(api, code, { directives: ["timeout: 1s"] });
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);
  await people.run();
  api.clear();
  api.answer(() => ({ hang: true }));
  await people.setRows(COLUMNS, [["1", "'Bea'"]]);
  await using running = people.project.start("run");
  await api.received(1);
  running.kill("SIGINT");
  const { code: stopped } = await running.result;

  const { stdout } = await people.project.run("why sync.people 1");

  assert.equal(stopped, 1);
  assert.match(stdout, /^next +accepted; nothing to do until its content changes$/m);
});
