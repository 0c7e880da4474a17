import assert from "node:assert/strict";
import { LetThrough } from "./let_through.ts";

const URL = "https://crm.example/people/1";
const REQUEST = { method: "PUT", url: URL, headers: [["x-a", "1"]] as const, body: '{"id":1}' };
const ANSWER = { status: 200, url: URL };

Deno.test("a request that differs in path, query and body alone is answered like the one before", () => {
  const known = new LetThrough<typeof ANSWER>();
  assert.equal(known.answer(REQUEST), undefined, "nothing was let through yet");
  known.note(REQUEST, ANSWER);

  const url = "https://crm.example/people/2?all=a b#top";
  assert.deepEqual(known.answer({ ...REQUEST, url, body: null }), {
    status: 200,
    url: "https://crm.example/people/2?all=a%20b",
  });
});

for (
  const [what, other] of [
    ["another method", { method: "POST" }],
    ["another header", { headers: [["x-a", "2"]] as const }],
    ["another host", { url: "https://crm.example.evil/people/1" }],
    ["another port", { url: "https://crm.example:8443/people/1" }],
    ["another scheme", { url: "http://crm.example/people/1" }],
    ["a user before the host", { url: "https://crm.example@evil.example/people/1" }],
    ["a host that only begins alike", { url: "https://crm.example\\@evil.example/" }],
    ["a URL without a path", { url: "https://crm.example" }],
    ["a stand-in in the URL", { url: `${URL}?key=spoor-secret-KEY-1` }],
    ["a stand-in in the body", { body: "spoor-hmac.x" }],
    ["bytes", { body: new Uint8Array(2) }],
  ] as const
) {
  Deno.test(`a request with ${what} is for the egress worker to judge`, () => {
    const known = new LetThrough<typeof ANSWER>();
    known.note(REQUEST, ANSWER);
    assert.equal(known.answer({ ...REQUEST, ...other }), undefined);
  });
}
