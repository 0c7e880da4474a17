import assert from "node:assert/strict";
import {
  endOf,
  FAILURES_UNTIL_DOWN,
  FarSideHealth,
  type RequestEnd,
  type RequestSpan,
} from "./far_side_health.ts";

/** One after the other. */
const spanAt = (index: number): RequestSpan => ({ beganAtMs: index, endedAtMs: index + 0.5 });

/** Notes these ends for one host; whether it was down after the last. */
function isDownAfter(ends: readonly RequestEnd[]): boolean {
  const health = new FarSideHealth();
  let isDown = false;
  for (const [index, end] of ends.entries()) isDown = health.note("a", end, spanAt(index));
  return isDown;
}

const failures = (count: number): RequestEnd[] => Array(count).fill("failed");

Deno.test("a host is down after so many failures in a row, and not before", () => {
  assert.equal(isDownAfter(failures(FAILURES_UNTIL_DOWN - 1)), false);
  assert.equal(isDownAfter(failures(FAILURES_UNTIL_DOWN)), true);
});

Deno.test("one answer begins the count anew", () => {
  const nearly = failures(FAILURES_UNTIL_DOWN - 1);
  assert.equal(isDownAfter([...nearly, "answered"]), false);
  assert.equal(isDownAfter([...nearly, "answered", ...nearly]), false);
});

Deno.test("an unclear end neither counts nor begins anew", () => {
  const nearly = failures(FAILURES_UNTIL_DOWN - 1);
  assert.equal(isDownAfter([...nearly, "unclear"]), false);
  assert.equal(isDownAfter([...nearly, "unclear", "failed"]), true);
});

Deno.test("hosts are counted apart", () => {
  const health = new FarSideHealth();
  for (let i = 1; i < FAILURES_UNTIL_DOWN; i++) health.note("a", "failed", spanAt(i));
  assert.equal(health.note("b", "failed", spanAt(30)), false);
  health.note("b", "answered", spanAt(31));
  assert.equal(health.note("a", "failed", spanAt(32)), true);
});

Deno.test("a host that does not know who asks is as one that is down", () => {
  assert.equal(isDownAfter(Array(FAILURES_UNTIL_DOWN - 1).fill("locked_out")), false);
  assert.equal(isDownAfter(Array(FAILURES_UNTIL_DOWN).fill("locked_out")), true);
});

Deno.test("requests that were out together when a login expired do not make a host down, the next one does", () => {
  const health = new FarSideHealth();
  for (let i = 0; i < 3 * FAILURES_UNTIL_DOWN; i++) {
    assert.equal(health.note("a", "locked_out", { beganAtMs: 0, endedAtMs: 1 + i }), false);
  }
  assert.equal(health.note("a", "locked_out", { beganAtMs: 1, endedAtMs: 100 }), true);
});

Deno.test("requests that were out together and had no answer make a host down", () => {
  const health = new FarSideHealth();
  for (let i = 1; i < FAILURES_UNTIL_DOWN; i++) {
    health.note("a", "failed", { beganAtMs: 0, endedAtMs: i });
  }
  assert.equal(health.note("a", "failed", { beganAtMs: 0, endedAtMs: 30 }), true);
});

Deno.test("repeats of what was never answered do not make a host down, the next request after them does", () => {
  const health = new FarSideHealth();
  for (let i = 0; i < 3 * FAILURES_UNTIL_DOWN; i++) {
    assert.equal(health.note("a", "failed", spanAt(i), true), false);
  }
  assert.equal(health.note("a", "failed", spanAt(100)), true);
});

Deno.test("a refusal is an answer; 429 is neither an answer nor a failure", () => {
  const ends = [200, 301, 403, 404, 422, 401, 407, 408, 429, 500, 503, undefined].map(endOf);
  assert.deepEqual(ends, [
    "answered",
    "answered",
    "answered",
    "answered",
    "answered",
    "locked_out",
    "locked_out",
    "unclear",
    "unclear",
    "failed",
    "failed",
    "failed",
  ]);
});
