import assert from "node:assert/strict";
import fc from "fast-check";
import type { Rate } from "~/base/time/rate.ts";
import { type Moment, SlidingWindow } from "./sliding_window.ts";

const rates = fc.record({
  count: fc.integer({ min: 1, max: 12 }),
  windowMs: fc.integer({ min: 1, max: 10_000 }),
});

/** Fails where more than `count` of these times, in order, are in one window, both ends included. */
function assertWithin(timesMs: readonly number[], { count, windowMs }: Rate): void {
  for (let last = count; last < timesMs.length; last++) {
    const [from = 0, to = 0] = [timesMs[last - count], timesMs[last]];
    assert.ok(to - from > windowMs, `${count + 1} between ${from} and ${to} ms`);
  }
}

/** Takes a grant at the first moment when there is one. */
function takeAt(window: SlidingWindow, steadyMs: number): number {
  const taken = window.take(steadyMs);
  if (taken.granted) return steadyMs;
  assert.ok(taken.waitMs > 0 && taken.waitMs <= window.windowMs);
  assert.ok(window.take(steadyMs + taken.waitMs).granted, "the time that it says is right");
  return steadyMs + taken.waitMs;
}

Deno.test("a sliding window grants never more than its count in any window", () => {
  fc.assert(fc.property(
    rates,
    fc.array(fc.nat(3_000), { maxLength: 60 }),
    (rate, pauses) => {
      const window = new SlidingWindow(rate, { steadyMs: 0, wallMs: 0 });
      const grants: number[] = [];
      let nowMs = 0;
      for (const pauseMs of pauses) {
        nowMs = takeAt(window, nowMs + pauseMs);
        grants.push(nowMs);
      }
      assertWithin(grants, rate);
    },
  ));
});

Deno.test("a sliding window makes nobody wait without need", () => {
  fc.assert(fc.property(
    rates,
    fc.array(fc.nat(3_000), { maxLength: 60 }),
    (rate, pauses) => {
      const window = new SlidingWindow(rate, { steadyMs: 0, wallMs: 0 });
      const grants: number[] = [];
      let nowMs = 0;
      for (const [index, pauseMs] of pauses.entries()) {
        const earliest = (grants[index - rate.count] ?? -Infinity) + window.windowMs;
        const expected = Math.max(nowMs + pauseMs, earliest);
        nowMs = takeAt(window, nowMs + pauseMs);
        assert.ok(Math.abs(nowMs - expected) < 0.001);
        grants.push(nowMs);
      }
    },
  ));
});

Deno.test("1,000 requests at 100/10s take 90 s, and at most 2 % more", () => {
  const window = new SlidingWindow({ count: 100, windowMs: 10_000 }, { steadyMs: 0, wallMs: 0 });
  let nowMs = 0;
  for (let request = 0; request < 1_000; request++) nowMs = takeAt(window, nowMs);
  assert.ok(nowMs >= 90_000 && nowMs <= 91_800, String(nowMs));
});

Deno.test("a grant counts from when its request is sent, however long after it was given that is", () => {
  const rate = { count: 2, windowMs: 1_000 };
  const window = new SlidingWindow(rate, { steadyMs: 0, wallMs: 0 });
  window.take(0);
  const second = window.take(0);
  assert.ok(second.granted);
  window.given(second.grant);
  assert.deepEqual(window.take(1_051), { granted: true, grant: 2, dueMs: 1_051 });
  assert.deepEqual(window.take(9_000), { granted: false, waitMs: Infinity });
  window.sent(second.grant, 9_000);
  assert.equal(takeAt(window, 9_000), 10_051);
});

Deno.test("a grant counts from when it is used, not from when it was decided", () => {
  const rate = { count: 2, windowMs: 1_000 };
  const window = new SlidingWindow(rate, { steadyMs: 0, wallMs: 0 });
  window.take(0);
  const second = window.take(0);
  assert.ok(second.granted);
  window.sent(second.grant, 300);
  assert.equal(takeAt(window, 10), 1_051);
  assert.equal(takeAt(window, 1_051), 1_351);
});

Deno.test("a grant whose request is answered counts from the answer, and no longer", () => {
  const window = new SlidingWindow({ count: 2, windowMs: 1_000 }, { steadyMs: 0, wallMs: 0 });
  window.take(0);
  window.take(0);
  window.arrived(0, 5, false);
  assert.equal(takeAt(window, 10), 1_006);
  assert.equal(takeAt(window, 1_006), 1_051, "of the other one nothing is known");
});

Deno.test("a request that takes longer than the margin has arrived before, but for one that may be late", () => {
  for (const [isLate, freeAtMs] of [[false, 1_051], [true, 1_301]] as const) {
    const window = new SlidingWindow({ count: 1, windowMs: 1_000 }, { steadyMs: 0, wallMs: 0 });
    window.take(0);
    window.arrived(0, 300, isLate);
    assert.equal(takeAt(window, 310), freeAtMs);
  }
});

Deno.test("a grant can be taken ahead, and is not due before its time", () => {
  const window = new SlidingWindow({ count: 1, windowMs: 1_000 }, { steadyMs: 0, wallMs: 0 });
  window.take(0);
  assert.deepEqual(window.take(900, 50), { granted: false, waitMs: 101 });
  assert.deepEqual(window.take(1_001, 50), { granted: true, grant: 1, dueMs: 1_051 });
  assert.equal(takeAt(window, 1_100), 1_051 + 1_051);
});

Deno.test("wherever requests are on their way, the far side counts no more than the limit in any window", () => {
  const journeys = fc.record({ pauseMs: fc.nat(400), thereMs: fc.nat(), backMs: fc.nat(3_000) });
  fc.assert(fc.property(rates, fc.array(journeys, { maxLength: 60 }), (rate, requests) => {
    const window = new SlidingWindow(rate, { steadyMs: 0, wallMs: 0 });
    const marginMs = window.windowMs - rate.windowMs;
    const answers: { grant: number; atMs: number }[] = [];
    const arrivals: number[] = [];
    let nowMs = 0;
    for (const { pauseMs, thereMs, backMs } of requests) {
      nowMs += pauseMs;
      const answered = answers.splice(0).filter(({ grant, atMs }) => {
        if (atMs > nowMs) return true;
        window.arrived(grant, atMs, false);
        return false;
      });
      answers.push(...answered);
      const taken = window.take(nowMs);
      if (!taken.granted) continue;
      // None is more than the margin later than another.
      const arrivalMs = nowMs + thereMs % marginMs;
      arrivals.push(arrivalMs);
      answers.push({ grant: taken.grant, atMs: arrivalMs + backMs });
    }
    const times = arrivals.toSorted((a, b) => a - b);
    for (let last = rate.count; last < times.length; last++) {
      const spanMs = (times[last] ?? 0) - (times[last - rate.count] ?? 0);
      assert.ok(spanMs >= rate.windowMs, `${rate.count + 1} in ${spanMs} ms`);
    }
  }));
});

Deno.test("a grant that is out of the window is not postponed into it", () => {
  const window = new SlidingWindow({ count: 1, windowMs: 1_000 }, { steadyMs: 0, wallMs: 0 });
  window.take(0);
  window.take(2_000);
  window.given(0);
  window.sent(0, 2_900);
  window.arrived(0, 2_900, true);
  assert.equal(takeAt(window, 3_051), 3_051);
});

Deno.test("of what is recorded the latest grants count, in whatever order they are read", () => {
  const rate = { count: 2, windowMs: 10_000 };
  const now = { steadyMs: 0, wallMs: 100_000 };
  const window = new SlidingWindow(rate, now, [99_000, 97_000, 95_000, 98_000]);
  // The margin of this window is 150 ms.
  assert.equal(takeAt(window, 0), 98_000 + 150 + 10_001 - 100_000);
  assert.equal(takeAt(window, 8_152), 99_000 + 150 + 10_001 - 100_000);
});

Deno.test("the wall clock has jumped by what it is ahead of the other one since then", () => {
  const window = new SlidingWindow({ count: 1, windowMs: 1_000 }, { steadyMs: 5_000, wallMs: 9e9 });
  assert.equal(window.wallJumpMs({ steadyMs: 6_000, wallMs: 9e9 + 1_004 }), 0);
  assert.equal(window.wallJumpMs({ steadyMs: 6_000, wallMs: 9e9 + 1_700 }), 700);
  assert.equal(window.wallJumpMs({ steadyMs: 6_000, wallMs: 9e9 }), -1_000);
});

/** One thing that happens: time passes, somebody asks, the wall clock jumps, the process dies. */
const events = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ type: fc.constant("take"), ms: fc.nat(2_000) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constant("jump"),
        ms: fc.integer({ min: -90_000, max: 90_000 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ type: fc.constant("restart"), ms: fc.nat(2_000) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("set back"), ms: fc.nat(90_000) }) },
  ),
  { maxLength: 60 },
);

Deno.test("jumps of the wall clock and restarts let no more through, and stop nobody for longer than one window", () => {
  fc.assert(fc.property(rates, events, (rate, history) => {
    const now: Moment = { steadyMs: 0, wallMs: 1_000_000 };
    const pass = (ms: number) => {
      now.steadyMs += ms;
      now.wallMs += ms;
    };
    let window = new SlidingWindow(rate, now);
    let recorded: number[] = [];
    const grants: number[] = [];
    const take = () => {
      const waitMs = takeAt(window, now.steadyMs) - now.steadyMs;
      pass(waitMs);
      grants.push(now.steadyMs);
      const jumpMs = window.wallJumpMs(now);
      window.jumpRecorded(jumpMs);
      recorded = recorded.map((atMs) => atMs + jumpMs)
        .filter((atMs) => atMs >= Math.floor(now.wallMs - window.windowMs));
      recorded.push(Math.ceil(now.wallMs));
    };
    for (const { type, ms } of history) {
      if (type === "take") {
        pass(ms);
        take();
      } else if (type === "jump") {
        now.wallMs += ms;
        // A jump is seen when the next grant is recorded.
        take();
      } else {
        pass(type === "restart" ? ms : 0);
        if (type === "set back") now.wallMs -= ms;
        window = new SlidingWindow(rate, now, recorded);
      }
    }
    assertWithin(grants, rate);
  }));
});
