import assert from "node:assert/strict";
import type { EgressResponse } from "~/sandbox/protocol.ts";
import { describeResponse } from "./request_text.ts";

type Headers = EgressResponse["headers"];

function headersOf(headers: Headers): Record<string, string> {
  return JSON.parse(describeResponse({ headers, body: "" }, String)).headers;
}

const NO_ANSWER = { headers: [], body: "" };

Deno.test("a recorded answer has each of several tries, without what lets somebody in", () => {
  const told = [
    { nth: 1, atMs: 0, elapsedMs: 12.4, status: 503, waitedMs: { back_off: 500.6, token: 0.2 } },
    {
      nth: 2,
      atMs: 1_000,
      elapsedMs: 1,
      waitedMs: {},
      error: {
        kind: "broken" as const,
        message: `Cannot read the answer of POST https://a.example/?password=x: it broke ${
          "b".repeat(1_000)
        } password=x`,
      },
    },
  ];
  const hide = (text: string) => text.replaceAll("password=x", "***");
  const { tries, tries_left_out } = JSON.parse(
    describeResponse({ ...NO_ANSWER, tries: { told, leftOut: { 503: 7 } } }, hide),
  );
  assert.deepEqual(tries, [
    {
      nth: 1,
      at: "1970-01-01T00:00:00.000Z",
      elapsed_ms: 12,
      status: 503,
      waited_ms: { back_off: 501 },
    },
    {
      nth: 2,
      at: "1970-01-01T00:00:01.000Z",
      elapsed_ms: 1,
      kind: "broken",
      error: `it broke ${"b".repeat(291)}…`,
    },
  ]);
  assert.deepEqual(tries_left_out, { 503: 7 });
  assert.deepEqual(JSON.parse(describeResponse(NO_ANSWER, hide)), { headers: {}, body: null });
});

Deno.test("a recorded answer has its headers as they came", () => {
  assert.deepEqual(headersOf([["content-type", "text/plain"], ["x-id", "7"]]), {
    "content-type": "text/plain",
    "x-id": "7",
  });
});

Deno.test("a recorded answer has the beginning of a header of any length", () => {
  const { "x-long": long = "", "x-id": id } = headersOf([
    ["x-long", "h".repeat(1_000_000)],
    ["x-id", "7"],
  ]);
  assert.equal(long, `${"h".repeat(1_000)}… (1,000,000 characters)`);
  assert.equal(id, "7");
});

Deno.test("a recorded answer counts the headers that it has no room for", () => {
  const headers = headersOf(Array.from({ length: 5_000 }, (_, i) => [`x-${i}`, "v".repeat(990)]));
  assert.deepEqual(Object.keys(headers), [...Array(8).keys()].map((i) => `x-${i}`).concat("…"));
  assert.equal(headers["…"], "4,992 more headers");
});
