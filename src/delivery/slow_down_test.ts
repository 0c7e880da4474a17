import assert from "node:assert/strict";
import { SlowDown } from "./slow_down.ts";

const longest = () => 1;

Deno.test("a model that was never refused has neither pause nor limit", () => {
  const slow = new SlowDown();
  slow.succeeded(0);
  assert.deepEqual([slow.limit, slow.resumeAtMs], [Infinity, -Infinity]);
});

Deno.test("what was in flight together is refused once: one pause, half in flight", () => {
  const slow = new SlowDown();
  for (let request = 0; request < 8; request++) slow.refused(0, 10 + request, 8, longest);
  assert.deepEqual([slow.limit, slow.resumeAtMs], [4, 510]);
});

Deno.test("pauses grow while all is refused, and a success begins anew", () => {
  const slow = new SlowDown();
  const pauses: number[] = [];
  let nowMs = 0;
  for (let round = 0; round < 9; round++) {
    slow.refused(nowMs, nowMs, 1, longest);
    pauses.push(slow.resumeAtMs - nowMs);
    nowMs = slow.resumeAtMs;
  }
  assert.deepEqual(pauses, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
  slow.succeeded(nowMs);
  slow.refused(nowMs, nowMs, 1, longest);
  assert.equal(slow.resumeAtMs - nowMs, 500);
});

Deno.test("a pause is a random part of the longest one", () => {
  const slow = new SlowDown();
  slow.refused(0, 0, 1, () => 0.25);
  assert.equal(slow.resumeAtMs, 125);
});

Deno.test("Retry-After is never cut short, neither by chance nor by one that asks for less", () => {
  const slow = new SlowDown();
  slow.refused(0, 0, 4, () => 0, 30_000);
  assert.equal(slow.resumeAtMs, 30_000);
  slow.refused(0, 1, 3, () => 0, 2_000);
  slow.refused(0, 2, 2, longest);
  assert.equal(slow.resumeAtMs, 30_000);
  slow.refused(0, 3, 1, () => 0, 40_000);
  assert.equal(slow.resumeAtMs, 40_003);
});

Deno.test("a Retry-After that asks for nothing, or less, makes no pause shorter", () => {
  for (const asked of [0, 200]) {
    const slow = new SlowDown();
    const pauses: number[] = [];
    let nowMs = 0;
    for (let round = 0; round < 4; round++) {
      slow.refused(nowMs, nowMs, 1, longest, asked);
      pauses.push(slow.resumeAtMs - nowMs);
      nowMs = slow.resumeAtMs;
    }
    assert.deepEqual(pauses, [500, 1_000, 2_000, 4_000], `Retry-After: ${asked} ms`);
  }
});

Deno.test("what was in flight together makes no more pauses because it has a Retry-After", () => {
  const slow = new SlowDown();
  for (let request = 0; request < 8; request++) slow.refused(0, 10 + request, 8, longest, 0);
  assert.deepEqual([slow.limit, slow.resumeAtMs], [4, 510]);
});

Deno.test("a refusal of what began before the pause makes no success after it count for less", () => {
  const slow = new SlowDown();
  slow.refused(0, 10, 4, longest);
  slow.refused(0, 700, 3, longest);
  assert.equal(slow.resumeAtMs, 510);
  for (let request = 0; request < 2; request++) slow.succeeded(600);
  assert.equal(slow.limit, 3);
});

Deno.test("after a pause with an odd number in flight each round is a whole one, too", () => {
  const slow = new SlowDown();
  slow.refused(0, 0, 5, longest);
  slow.succeeded(600);
  assert.equal(slow.limit, 2);
  slow.succeeded(600);
  assert.equal(slow.limit, 3);
});

Deno.test("after a pause one more is in flight with each round of successes, until none is held back", () => {
  const slow = new SlowDown();
  slow.refused(0, 0, 8, longest);
  const limits: number[] = [];
  while (slow.limit !== Infinity) {
    const round = slow.limit;
    limits.push(round);
    for (let request = 0; request < round; request++) slow.succeeded(600);
  }
  assert.deepEqual(limits, [4, 5, 6, 7]);
});

Deno.test("a success that was under way before the pause says nothing", () => {
  const slow = new SlowDown();
  slow.refused(0, 0, 2, longest);
  slow.succeeded(0);
  assert.equal(slow.limit, 1);
  slow.refused(500, 500, 1, longest);
  assert.equal(slow.resumeAtMs, 1_500);
});
