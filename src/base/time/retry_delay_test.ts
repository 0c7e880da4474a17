import assert from "node:assert/strict";
import { retryDelayMs } from "./retry_delay.ts";

const POLICY = { firstDelayMs: 500, maxDelayMs: 60_000, maxAttempts: 100 };
const LONGEST = () => 1;

Deno.test("retryDelayMs() doubles the longest wait with every failure, up to the cap", () => {
  const delays = [1, 2, 3, 8, 9, 50].map((failures) => retryDelayMs(failures, POLICY, LONGEST));
  assert.deepEqual(delays, [500, 1_000, 2_000, 60_000, 60_000, 60_000]);
});

Deno.test("retryDelayMs() spreads the wait over the whole range", () => {
  assert.equal(retryDelayMs(4, POLICY, () => 0), 0);
  assert.equal(retryDelayMs(4, POLICY, () => 0.25), 1_000);
});

Deno.test("retryDelayMs() gives up after the last attempt", () => {
  const policy = { ...POLICY, maxAttempts: 2 };
  assert.equal(retryDelayMs(1, policy, LONGEST), 500);
  assert.equal(retryDelayMs(2, policy, LONGEST), undefined);
});

Deno.test("retryDelayMs() never waits less than Retry-After and little more", () => {
  assert.equal(retryDelayMs(1, POLICY, () => 0, 90_000), 90_000);
  assert.equal(retryDelayMs(1, POLICY, LONGEST, 90_000), 90_500);
  assert.equal(retryDelayMs(1, POLICY, () => 0.5, 400), 500);
});

Deno.test("retryDelayMs() never waits less than it would have by itself", () => {
  assert.equal(retryDelayMs(1, POLICY, LONGEST, 0), 500);
  assert.equal(retryDelayMs(1, POLICY, LONGEST, 200), 500);
  assert.equal(retryDelayMs(4, POLICY, () => 0.25, 0), 1_000);
  assert.equal(retryDelayMs(9, POLICY, LONGEST, 1_000), 60_000);
});

Deno.test("retryDelayMs() refuses a count that cannot be one", () => {
  assert.throws(() => retryDelayMs(0, POLICY, LONGEST), RangeError);
});
