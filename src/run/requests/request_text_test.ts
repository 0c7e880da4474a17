import assert from "node:assert/strict";
import type { EgressResponse } from "~/sandbox/protocol.ts";
import { describeResponse } from "./request_text.ts";

type Headers = EgressResponse["headers"];

function headersOf(headers: Headers): Record<string, string> {
  const response = { url: "", headers, body: "", attempts: 1, elapsedMs: 0 };
  return JSON.parse(describeResponse(response)).headers;
}

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
