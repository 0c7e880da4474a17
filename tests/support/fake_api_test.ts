/**
 * The server that tests send to.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "./fake_api.ts";

Deno.test("fakeApi answers in turn and repeats its last answer", async () => {
  await using api = await fakeApi([{ status: 429 }, { status: 201, json: { id: 7 } }]);

  const statuses: number[] = [];
  for (let i = 0; i < 3; i++) {
    const response = await fetch(`${api.origin}/a?b=1`, { method: "POST", body: `{"i":${i}}` });
    statuses.push(response.status);
    await response.text();
  }

  assert.deepEqual(statuses, [429, 201, 201]);
  assert.deepEqual(api.requests.map((request) => request.json), [{ i: 0 }, { i: 1 }, { i: 2 }]);
  assert.equal(api.requests[0]?.query.get("b"), "1");
});

Deno.test("fakeApi receives a request whose answer it drops", async () => {
  await using api = await fakeApi([{ drop: true }]);

  await assert.rejects(fetch(`${api.origin}/`, { method: "POST", body: "x" }));

  assert.equal(api.requests[0]?.body, "x");
});

Deno.test("fakeApi counts the requests that are open at once", async () => {
  await using api = await fakeApi([{ delayMs: 50, json: {} }]);

  await Promise.all([1, 2, 3].map(async () => (await fetch(api.origin)).text()));

  assert.equal(api.mostAtOnce, 3);
});
