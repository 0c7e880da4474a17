import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { startEgress } from "~/sandbox/egress/egress_fixture.ts";
import { tempFolder } from "../../tests/support/temp_folder.ts";
import { until } from "../../tests/support/until.ts";
import { startPractice } from "./practice_fixture.ts";
import { readPractice } from "./read_practice.ts";

Deno.test("practice sends 429 with Retry-After, and writes nothing", async () => {
  await using practice = await startPractice("429:after=7s");
  const response = await practice.send("POST", "/x", { json: {} });
  assert.deepEqual([response.status, response.headers.get("retry-after")], [429, "7"]);
  assert.match((await response.json()).error.message, /as it was told to/);
  using reader = practice.read();
  assert.equal(reader.countRecords(), 0);
  assert.deepEqual(reader.requests().map(({ status, fault }) => [status, fault]), [
    [429, "429:after=7s"],
  ]);
});

Deno.test("practice answers 5xx with one of the usual statuses", async () => {
  await using practice = await startPractice("5xx");
  const statuses = new Set<number>();
  for (let n = 0; n < 40; n++) {
    const response = await practice.send("POST", "/x", { json: { n } });
    statuses.add(response.status);
  }
  assert.deepEqual([...statuses].sort(), [500, 502, 503, 504]);
});

Deno.test("practice refuses the record it was told to, alone and in a batch", async () => {
  await using practice = await startPractice("refuse:path=/contacts,email=bad@x");
  const status = async (path: string, json: unknown) => {
    const response = await practice.send("POST", path, { json });
    return response.status;
  };
  assert.equal(await status("/contacts", { email: "good@x" }), 201);
  assert.equal(await status("/contacts", { email: "bad@x" }), 422);
  assert.equal(await status("/contacts", [{ email: "good2@x" }, { email: "bad@x" }]), 422);
  assert.equal(await status("/deals", { email: "bad@x" }), 201);
  using reader = practice.read();
  assert.equal(reader.countRecords({ path: "/contacts" }), 1);
});

Deno.test("practice hits by key: any field, or the end of the path", async () => {
  await using practice = await startPractice("500:key=7");
  const statuses = [];
  for (
    const [method, path, json] of [
      ["POST", "/x", { customer_id: 7 }],
      ["PUT", "/x/7", { a: 1 }],
      ["POST", "/x", { customer_id: 70 }],
    ] as const
  ) {
    const response = await practice.send(method, path, { json });
    statuses.push(response.status);
  }
  assert.deepEqual(statuses, [500, 500, 201]);
});

Deno.test("practice breaks connections before writing (drop) and after (lost)", async () => {
  await using practice = await startPractice("drop:path=/drop,times=1 lost:path=/lost,times=1");
  for (const [path, records] of [["/drop", 0], ["/lost", 1]] as const) {
    const send = () => practice.send("POST", path, { json: { n: 1 }, key: path });
    await assert.rejects(send(), TypeError);
    using reader = practice.read();
    assert.equal(reader.countRecords({ path }), records);
    assert.equal(reader.requests({ path })[0]?.status, undefined);

    const again = await send();
    assert.equal(again.headers.get("idempotent-replayed"), records === 1 ? "true" : null);
    assert.equal((await again.json()).n, 1);
    assert.equal(reader.countRecords({ path }), 1);
  }
});

Deno.test("practice never answers where it plays a time-out, and can still stop", async () => {
  const practice = await startPractice("timeout:path=/slow");
  const arrived = (count: number) =>
    until(() => {
      using reader = practice.read();
      return reader.countRequests({ path: "/slow" }) >= count;
    }, `${count} requests have arrived`);
  const controller = new AbortController();
  const request = fetch(`${practice.origin}/slow`, { method: "POST", signal: controller.signal });
  const aborted = assert.rejects(request, { name: "AbortError" });
  await arrived(1);
  controller.abort();
  await aborted;
  const held = fetch(`${practice.origin}/slow`).then((response) => response.text());
  const broken = assert.rejects(held, TypeError);
  await arrived(2);
  await practice[Symbol.asyncDispose]();
  await broken;
});

Deno.test("practice is slow where it was told to, and otherwise as ever", async () => {
  await using practice = await startPractice("slow:120ms");
  const startedAt = performance.now();
  const response = await practice.send("POST", "/x", { json: { n: 1 } });
  assert.deepEqual([response.status, await response.json()], [201, { n: 1, id: 1 }]);
  assert.ok(performance.now() - startedAt >= 119);
});

Deno.test("practice plays shares about as often as it says, and the same each time", async () => {
  const play = async (faults: string) => {
    await using practice = await startPractice(faults);
    const hit: number[] = [];
    await Promise.all(Array.from({ length: 400 }, async (_, n) => {
      const response = await practice.send("POST", "/x", { json: { n } });
      if (response.status === 503) hit.push(n);
    }));
    return hit.sort((a, b) => a - b);
  };
  const hit = await play("503:25%");
  assert.ok(hit.length > 60 && hit.length < 140, String(hit.length));
  assert.deepEqual(await play("503:25%"), hit);
  assert.notDeepEqual(await play("seed=1 503:25%"), hit);
});

Deno.test("practice gives a repeated request another chance", async () => {
  await using practice = await startPractice("503:50%");
  const statuses = new Set<number>();
  for (let i = 0; i < 20; i++) {
    const response = await practice.send("POST", "/x", { json: { n: 1 }, key: "k" });
    statuses.add(response.status);
  }
  assert.deepEqual([...statuses].sort(), [201, 503]);
});

Deno.test("practice refuses a file that is something else, and leaves it alone", async () => {
  using folder = tempFolder();
  const foreign = `${folder.path}/foreign.db`;
  const db = new DatabaseSync(foreign);
  db.exec("CREATE TABLE mine (a)");
  db.close();
  Deno.writeTextFileSync(
    `${folder.path}/text.db`,
    "this is no database, but it is long enough to be one",
  );
  const before = Deno.readFileSync(foreign);

  await assert.rejects(startPractice("", foreign), {
    message: `Cannot open the practice file "${foreign}": it is not one of Spoor's practice files`,
    hint: "Delete it or move it away: it holds nothing but what was practised.",
  });
  await assert.rejects(
    startPractice("", `${folder.path}/text.db`),
    /Cannot open the practice file .*: SQLite says "file is not a database"/,
  );
  assert.throws(() => readPractice(foreign), /it is not one of Spoor's practice files/);
  assert.deepEqual(Deno.readFileSync(foreign), before);
  assert.equal(readPractice(`${folder.path}/none.db`), undefined);
});

Deno.test("practice refuses a file of another version", async () => {
  using folder = tempFolder();
  const path = `${folder.path}/practice.db`;
  await (await startPractice("", path))[Symbol.asyncDispose]();
  const db = new DatabaseSync(path);
  db.exec("PRAGMA user_version = 9");
  db.close();
  await assert.rejects(startPractice("", path), /it has version 9, and this Spoor knows version 1/);
});

Deno.test("egress sends everything to practice, by the hosts that the model allows", async () => {
  await using practice = await startPractice("drop:times=1");
  using egress = startEgress({
    allowNet: ["api.hubapi.com"],
    practiceOrigin: practice.origin,
    secrets: [{ name: "TOKEN", standIn: "spoor-secret-1", value: "the-real-token" }],
  });
  const response = await egress.send({
    url: "https://api.hubapi.com/contacts//v1?x=1",
    method: "POST",
    retries: 2,
    headers: [["Authorization", "Bearer spoor-secret-1"], ["Content-Type", "application/json"]],
    body: '{"email":"a@b.c"}',
    idempotencyKey: "change-1",
  });
  assert.equal(response.status, 201);
  assert.equal(response.url, "https://api.hubapi.com/contacts//v1?x=1");
  assert.equal(response.attempts, 2);
  using reader = practice.read();
  assert.deepEqual(
    reader.requests().map(({ url, idempotencyKey, fault }) => [url, idempotencyKey, fault]),
    [
      ["https://api.hubapi.com/contacts//v1?x=1", "change-1", undefined],
      ["https://api.hubapi.com/contacts//v1?x=1", "change-1", "drop:times=1"],
    ],
  );

  const refused = await egress.send({ url: `${practice.origin}/contacts` });
  assert.equal(refused.error?.kind, "denied");
  const other = await egress.send({ url: "https://evil.example/" });
  assert.match(other.error?.message ?? "", /Cannot reach "evil.example:443"/);
});

Deno.test("practice requests do not go through a proxy", async () => {
  // In a process of its own: environment variables are shared by all tests of one.
  const script = `
    import { startEgress } from "${import.meta.resolve("~/sandbox/egress/egress_fixture.ts")}";
    import { startPractice } from "${import.meta.resolve("./practice_fixture.ts")}";
    await using practice = await startPractice();
    using egress = startEgress({ allowNet: ["a.example"], practiceOrigin: practice.origin });
    const { status, error } = await egress.send({ url: "https://a.example/x", method: "POST" });
    console.log(status ?? error.message);`;
  using proxy = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      "--config",
      Deno.realPathSync("deno.json"),
      `data:text/typescript,${encodeURIComponent(script)}`,
    ],
    env: { HTTP_PROXY: `http://127.0.0.1:${proxy.addr.port}`, NO_PROXY: "", NO_COLOR: "1" },
  }).output();
  assert.equal(new TextDecoder().decode(stdout).trim(), "201");
});
