import assert from "node:assert/strict";
import { endOf, FAILURES_UNTIL_DOWN, FarSideHealth, type RequestEnd } from "./far_side_health.ts";

/** Notes these ends for one host; whether it was down after the last. */
function isDownAfter(ends: readonly RequestEnd[]): boolean {
  const health = new FarSideHealth();
  let isDown = false;
  for (const end of ends) isDown = health.note("a", end);
  return isDown;
}

const failures = (count: number): RequestEnd[] => Array(count).fill("failed");

Deno.test("a host is down after so many failures in a row, and not before", () => {
  assert.equal(isDownAfter(failures(FAILURES_UNTIL_DOWN - 1)), false);
  assert.equal(isDownAfter(failures(FAILURES_UNTIL_DOWN)), true);
});

Deno.test("one answer begins the count anew", () => {
  const nearly = failures(FAILURES_UNTIL_DOWN - 1);
  assert.equal(isDownAfter([...nearly, "answered", ...nearly]), false);
});

Deno.test("an unclear end neither counts nor begins anew", () => {
  const nearly = failures(FAILURES_UNTIL_DOWN - 1);
  assert.equal(isDownAfter([...nearly, "unclear"]), false);
  assert.equal(isDownAfter([...nearly, "unclear", "failed"]), true);
});

Deno.test("hosts are counted apart", () => {
  const health = new FarSideHealth();
  for (let i = 1; i < FAILURES_UNTIL_DOWN; i++) health.note("a", "failed");
  assert.equal(health.note("b", "failed"), false);
  health.note("b", "answered");
  assert.equal(health.note("a", "failed"), true);
});

Deno.test("a refusal is an answer; 429 is neither an answer nor a failure", () => {
  const ends = [200, 301, 404, 422, 408, 429, 500, 503, undefined].map(endOf);
  assert.deepEqual(ends, [
    "answered",
    "answered",
    "answered",
    "answered",
    "unclear",
    "unclear",
    "failed",
    "failed",
    "failed",
  ]);
});
