import assert from "node:assert/strict";
import { tempFolder } from "../../tests/support/temp_folder.ts";
import { startPractice } from "./practice_fixture.ts";

Deno.test("practice creates by POST: 201, an id, the body back, and where it is", async () => {
  await using practice = await startPractice();
  const created = await practice.send("POST", "/v1/contacts", { json: { email: "a@b.c" } });
  assert.equal(created.status, 201);
  assert.equal(created.headers.get("content-type"), "application/json");
  assert.equal(created.headers.get("location"), "/v1/contacts/1");
  assert.deepEqual(await created.json(), { email: "a@b.c", id: 1 });

  const read = await practice.send("GET", "/v1/contacts/1");
  assert.equal(read.status, 200);
  assert.deepEqual(await read.json(), { email: "a@b.c", id: 1 });
});

Deno.test("practice gives each record an id of its own, and keeps one that it has", async () => {
  await using practice = await startPractice();
  const ids = [];
  for (const json of [{ n: 1 }, { n: 2 }, { id: "own" }, { id: "own", n: 4 }]) {
    ids.push((await (await practice.send("POST", "/things", { json })).json()).id);
  }
  assert.deepEqual(ids, [1, 2, "own", "own"]);
  using reader = practice.read();
  assert.deepEqual(reader.records().map(({ id, body }) => [id, body]), [
    ["1", { n: 1, id: 1 }],
    ["2", { n: 2, id: 2 }],
    ["own", { id: "own", n: 4 }],
  ]);
});

Deno.test("practice finds the requests to a record by its id, however that is written", async () => {
  await using practice = await startPractice();
  for (const id of ["a@b.c", "a%40b.c", "a%40b.cd", "ba%40b.c"]) {
    await practice.send("PUT", `/contacts/${id}`, { json: { n: 1 } });
  }
  await practice.send("DELETE", "/contacts/a@b.c/");
  using reader = practice.read();
  assert.deepEqual(reader.requests({ key: "a@b.c" }).map(({ method, url }) => [method, url]), [
    ["DELETE", "https://api.example/contacts/a@b.c/"],
    ["PUT", "https://api.example/contacts/a%40b.c"],
    ["PUT", "https://api.example/contacts/a@b.c"],
  ]);
});

Deno.test("practice changes by PATCH and replaces by PUT, and creates what it has never seen", async () => {
  await using practice = await startPractice();
  const send = async (method: string, json: unknown) => {
    const response = await practice.send(method, "/contacts/a%40b.c", { json });
    return [response.status, await response.json()];
  };
  assert.deepEqual(await send("PUT", { name: "Ada", plan: "free" }), [201, {
    id: "a@b.c",
    name: "Ada",
    plan: "free",
  }]);
  assert.deepEqual(await send("PATCH", { plan: "pro" }), [200, {
    id: "a@b.c",
    name: "Ada",
    plan: "pro",
  }]);
  assert.deepEqual(await send("PUT", { name: "Ada L." }), [200, { id: "a@b.c", name: "Ada L." }]);
});

Deno.test("practice removes by DELETE, and says 404 for what is not there", async () => {
  await using practice = await startPractice();
  await practice.send("POST", "/contacts", { json: {} });
  const status = async (method: string, path: string) => {
    const response = await practice.send(method, path);
    return response.status;
  };
  assert.equal(await status("DELETE", "/contacts/1"), 204);
  assert.equal(await status("DELETE", "/contacts/1"), 404);
  assert.equal(await status("GET", "/contacts/1"), 404);
  assert.equal(await status("HEAD", "/contacts/1"), 404);
});

Deno.test("practice explains an unknown GET in JSON", async () => {
  await using practice = await startPractice();
  const response = await practice.send("GET", "/v1/me");
  assert.equal(response.status, 404);
  assert.deepEqual(await response.json(), {
    error: {
      status: 404,
      message: "Practice holds nothing at /v1/me: nothing was sent there, or it is removed",
    },
  });
});

Deno.test("practice lists a collection by pages, with a Link to the next", async () => {
  await using practice = await startPractice();
  const json = Array.from({ length: 5 }, (_, i) => ({ n: i, even: i % 2 === 0 }));
  await practice.send("POST", "/things", { json });

  const first = await practice.send("GET", "/things?limit=2");
  const next = "https://api.example/things?limit=2&after=2";
  assert.equal(first.headers.get("link"), `<${next}>; rel="next"`);
  const page = await first.json();
  assert.deepEqual([page.data.map((each: { n: number }) => each.n), page.next], [[0, 1], next]);

  const last = await practice.send("GET", "/things?limit=2&after=4");
  assert.equal(last.headers.get("link"), null);
  assert.deepEqual((await last.json()).data.map((each: { n: number }) => each.n), [4]);

  const even = await (await practice.send("GET", "/things?even=true&limit=3")).json();
  assert.deepEqual([even.data.length, even.next], [3, null]);
  assert.equal((await practice.send("GET", "/things?limit=x")).status, 400);
});

Deno.test("practice makes one record of each element of a batch", async () => {
  await using practice = await startPractice();
  const array = await practice.send("POST", "/a", { json: [{ n: 1 }, { n: 2 }] });
  assert.deepEqual(await array.json(), [{ n: 1, id: 1 }, { n: 2, id: 2 }]);
  const inputs = await practice.send("POST", "/a", { json: { inputs: [{ n: 3 }] } });
  assert.deepEqual(await inputs.json(), { status: "COMPLETE", results: [{ n: 3, id: 3 }] });
  using reader = practice.read();
  assert.equal(reader.countRecords({ path: "/a" }), 3);
  assert.equal(reader.countRequests(), 2);
});

Deno.test("practice takes bodies that are no JSON", async () => {
  await using practice = await startPractice();
  const form = await practice.send("POST", "/f", {
    body: new URLSearchParams({ a: "1" }).toString(),
    headers: { "content-type": "application/x-www-form-urlencoded" },
  });
  assert.deepEqual(await form.json(), { a: "1", id: 1 });
  const text = await practice.send("POST", "/t", {
    body: "hello",
    headers: { "content-type": "text/plain" },
  });
  assert.deepEqual(await text.json(), { text: "hello", id: 2 });
  assert.deepEqual(await (await practice.send("POST", "/empty")).json(), { id: 3 });
  assert.deepEqual(await (await practice.send("POST", "/n", { json: 7 })).json(), {
    value: 7,
    id: 4,
  });
  const broken = await practice.send("POST", "/x", {
    body: "{",
    headers: { "content-type": "application/json" },
  });
  assert.equal(broken.status, 400);
});

Deno.test("practice changes nothing twice for a repeated Idempotency-Key", async () => {
  await using practice = await startPractice();
  const send = () => practice.send("POST", "/charges", { json: { amount: 5 }, key: "k1" });
  const first = await send();
  const again = await send();
  assert.equal(first.headers.get("idempotent-replayed"), null);
  assert.equal(again.headers.get("idempotent-replayed"), "true");
  assert.equal(again.status, 201);
  assert.equal(again.headers.get("location"), "/charges/1");
  assert.deepEqual(await again.json(), await first.json());
  using reader = practice.read();
  assert.equal(reader.countRecords(), 1);
  assert.deepEqual(reader.requests().map((request) => request.replayed), [true, false]);
});

Deno.test("practice refuses an Idempotency-Key that came with another request", async () => {
  await using practice = await startPractice();
  const send = async (path: string, amount: number, origin?: string) => {
    const response = await practice.send("POST", path, {
      json: { amount },
      key: "k1",
      ...(origin && { origin }),
    });
    return response.status;
  };
  assert.equal(await send("/charges", 5), 201);
  assert.equal(await send("/charges", 6), 422);
  assert.equal(await send("/refunds", 5), 422);
  assert.equal(await send("/charges", 6, "https://other.example"), 201);
});

Deno.test("practice answers an Idempotency-Key again after it was stopped and started", async () => {
  using folder = tempFolder();
  for (const replayed of [null, "true"]) {
    await using practice = await startPractice("", `${folder.path}/practice.db`);
    const response = await practice.send("POST", "/x", { json: { n: 1 }, key: "k" });
    assert.equal(response.headers.get("idempotent-replayed"), replayed);
    assert.deepEqual(await response.json(), { n: 1, id: 1 });
  }
});

Deno.test("practice keeps hosts apart", async () => {
  await using practice = await startPractice();
  await practice.send("POST", "/x", { json: { n: 1 }, origin: "https://a.example" });
  const other = await practice.send("GET", "/x/1", { origin: "https://b.example:8443" });
  assert.equal(other.status, 404);
  using reader = practice.read();
  assert.deepEqual(
    reader.hosts().map(({ host, requests, records }) => [host, requests, records]),
    [["a.example", 1, 1], ["b.example:8443", 1, 0]],
  );
});

Deno.test("practice keeps a request as it came, with credentials masked", async () => {
  await using practice = await startPractice();
  const body = JSON.stringify({ text: "é".repeat(40_000) });
  await practice.send("POST", "/x?a=1", {
    body,
    key: "k-9",
    headers: {
      "content-type": "application/json",
      authorization: "Bearer real-token",
      "x-api-key": "real-key",
      "user-agent": "spoor/0",
    },
  });
  using reader = practice.read();
  const [request] = reader.requests();
  assert.equal(request?.url, "https://api.example/x?a=1");
  assert.deepEqual(
    [request?.method, request?.status, request?.idempotencyKey, request?.fault],
    ["POST", 201, "k-9", undefined],
  );
  assert.deepEqual(request?.headers, {
    "content-type": "application/json",
    authorization: "Bearer ***",
    "x-api-key": "***",
    "user-agent": "spoor/0",
  });
  assert.equal(request?.bodyBytes, 80_011);
  // 64 kB end in the midst of a letter, which is left out.
  assert.equal(request?.body, body.slice(0, 9 + 32_763));
});

Deno.test("practice finds requests and records by host, path and key", async () => {
  await using practice = await startPractice();
  for (
    const [path, email] of [["/contacts", "ada@x"], ["/contacts", "bob@x"], ["/deals", "ada@x"]]
  ) {
    await practice.send("POST", path ?? "", { json: { email }, key: `${path}-${email}` });
  }
  using reader = practice.read();
  assert.equal(reader.countRequests(), 3);
  assert.equal(reader.countRequests({ path: "/contacts" }), 2);
  assert.equal(reader.countRequests({ path: "/contacts", key: "ada@x" }), 1);
  assert.equal(reader.countRequests({ key: "/deals-ada@x" }), 1);
  assert.equal(reader.countRequests({ host: "other.example" }), 0);
  assert.deepEqual(reader.requests({}, 2).map((each) => each.id), [3, 2]);
  assert.deepEqual(reader.records({ key: "ada@x" }).map((each) => each.collection), [
    "/contacts",
    "/deals",
  ]);
});

Deno.test("practice keeps a body that is no text as bytes", async () => {
  await using practice = await startPractice();
  for (const bytes of [[0xff, 0xd8, 1], [0x61, 0, 0x62]]) {
    await practice.send("POST", "/upload", { body: Uint8Array.from(bytes) });
    using reader = practice.read();
    assert.deepEqual([...reader.requests({}, 1)[0]?.body ?? []], bytes);
  }
});
