import assert from "node:assert/strict";
import type { EgressError, EgressResponse } from "~/sandbox/protocol.ts";
import { endOf, isUnbegun } from "./request_end.ts";

const answered = (status: number, attempts = 1): EgressResponse => ({
  status,
  url: "https://api.test/",
  headers: [],
  body: "",
  attempts,
  elapsedMs: 1,
});

function failed(kind: EgressError["kind"], attempts = 1): EgressResponse {
  const { status: _, ...rest } = answered(0, attempts);
  return { ...rest, error: { message: "It failed", kind } };
}

const hasMoved = (response: EgressResponse, isOnce = false) => endOf(response, isOnce).hasMoved;

Deno.test("endOf() takes 200 to 299 for accepted, and nothing else", () => {
  const taken = [199, 200, 299, 300, 404, 500].filter((status) =>
    endOf(answered(status), false).isTaken
  );
  assert.deepEqual(taken, [200, 299]);
  assert.equal(endOf(failed("broken"), false).isTaken, false);
});

Deno.test("endOf() does not know of what broke off, and knows of every answer", () => {
  const isUncertain = (response: EgressResponse) => endOf(response, false).isUncertain;
  for (const kind of ["timeout", "broken"] as const) assert.equal(isUncertain(failed(kind)), true);
  for (const kind of ["denied", "invalid", "down", "unsent"] as const) {
    assert.equal(isUncertain(failed(kind)), false, kind);
  }
  // A body that broke: the status says how it ended.
  const { error } = failed("broken");
  assert.ok(error);
  assert.equal(isUncertain({ ...answered(422), error }), false);
});

Deno.test("endOf() says that something may have been done where the far side did not refuse it", () => {
  const moved = [200, 207, 302, 399, 400, 429, 499, 500, 502, 503, 504]
    .filter((status) => hasMoved(answered(status)));
  assert.deepEqual(moved, [200, 207, 302, 399, 500, 502, 504]);
  assert.equal(hasMoved(failed("broken")), true);
  assert.equal(hasMoved(failed("unsent")), false);
  assert.equal(hasMoved({ ...answered(404), mayHaveActed: true }), true);
});

Deno.test("endOf() knows the last try only, unless at most once", () => {
  assert.equal(hasMoved(answered(422, 2)), true);
  assert.equal(hasMoved(answered(422, 2), true), false);
  assert.equal(hasMoved(answered(500, 2), true), true);
  assert.equal(hasMoved(failed("unsent", 2)), true);
});

Deno.test("isUnbegun() is what was held back before its first try", () => {
  assert.equal(isUnbegun(failed("down", 0)), true);
  assert.equal(isUnbegun(failed("down", 1)), false);
  assert.equal(isUnbegun(failed("denied", 0)), false);
  assert.equal(isUnbegun(answered(200, 0)), false);
});
