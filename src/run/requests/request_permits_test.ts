import assert from "node:assert/strict";
import { limiterOf } from "./limiter_fixture.ts";
import { RequestPermits } from "./request_permits.ts";

const WINDOW_MS = 10_001;
const MARGIN_MS = 150;

/** The permits of a model under a limit, and when each was given, or why not. */
function permitsOf(count: number, disk: { ms: number; isFull?: boolean } = { ms: 0 }) {
  const made = limiterOf(count, disk);
  const { time, limiter } = made;
  const stopping = new AbortController();
  const given: (readonly [request: number, at: number | string])[] = [];
  const permits = new RequestPermits(limiter, stopping.signal, (request, refusal) => {
    given.push([request, refusal ?? time.nowMs]);
  });
  return {
    time,
    limiter,
    permits,
    given,
    stop: () => stopping.abort(),
    [Symbol.dispose]: () => made[Symbol.dispose](),
  };
}

Deno.test("a first answer says when its request has arrived at the latest, a later one no more than that it has", async () => {
  using made = permitsOf(1);
  const { time, permits, given } = made;
  permits.ask(1);
  await time.goTo(0);
  permits.sent(1);
  await time.goTo(5_000);
  permits.end(1);
  permits.ask(2);
  await time.goTo(20_000);
  const second = 5_000 + WINDOW_MS;
  assert.deepEqual(given, [[1, 0], [2, second]], "until an answer came a connection was made");
  permits.sent(2);
  const sent = time.nowMs;
  await time.goTo(sent + 5_000);
  permits.end(2);
  permits.ask(3);
  await time.goTo(60_000);
  assert.deepEqual(given.at(-1), [3, sent + MARGIN_MS + WINDOW_MS]);
});

Deno.test("a request that tries again has its earlier try counted as arrived", async () => {
  using made = permitsOf(1);
  const { time, permits, given } = made;
  permits.ask(1);
  await time.goTo(0);
  permits.sent(1);
  await time.goTo(3_000);
  permits.ask(1);
  await time.goTo(8_000);
  // That it is given up says nothing more of the first try.
  permits.end(1);
  permits.ask(2);
  await time.goTo(20_000);
  assert.deepEqual(given, [[1, 0], [2, 3_000 + WINDOW_MS]]);
  permits.sent(2);
  permits.ask(2);
  await time.goTo(40_000);
  assert.deepEqual(given.at(-1), [2, 20_000 + WINDOW_MS]);
});

Deno.test("a request that ends while it waits gives its place to the next", async () => {
  using made = permitsOf(1);
  const { time, permits, given } = made;
  for (const request of [1, 2, 3]) permits.ask(request);
  await time.goTo(0);
  permits.sent(1);
  permits.end(2);
  await time.goTo(20_000);
  assert.deepEqual(given, [[1, 0], [3, MARGIN_MS + WINDOW_MS]]);
});

Deno.test("a model that has ended keeps no other one waiting", async () => {
  using made = permitsOf(1);
  const { time, limiter, permits, given } = made;
  permits.ask(1);
  permits.ask(2);
  await time.goTo(0);
  permits.dispose();
  const others: number[] = [];
  limiter.ask(() => others.push(time.nowMs));
  await time.goTo(20_000);
  assert.deepEqual(given, [[1, 0]]);
  assert.deepEqual(others, [MARGIN_MS + WINDOW_MS], "from then on as if it was sent");
});

Deno.test("a run that stops waits a short while for permits, and for none after that", async () => {
  using made = permitsOf(1);
  const { time, permits, given, stop } = made;
  const why = "The run was stopped while the request waited for its @rate_limit";
  permits.ask(1);
  permits.ask(2);
  await time.goTo(0);
  permits.sent(1);
  stop();
  permits.ask(3);
  await time.goTo(999);
  assert.equal(given.length, 1);
  await time.goTo(1_000);
  assert.deepEqual(given, [[1, 0], [2, why], [3, why]]);
  await time.goTo(60_000);
  assert.equal(given.length, 3);
});

Deno.test("what is let through while a run stops is not refused after it", async () => {
  using made = permitsOf(1);
  const { time, permits, given, stop } = made;
  permits.ask(1);
  permits.ask(2);
  await time.goTo(0);
  permits.sent(1);
  await time.goTo(10_000);
  stop();
  await time.goTo(20_000);
  assert.deepEqual(given, [[1, 0], [2, MARGIN_MS + WINDOW_MS]]);
});

Deno.test("where a permit cannot be recorded its request is told why, and nothing of it is out", async () => {
  const disk = { ms: 0, isFull: true };
  using made = permitsOf(1, disk);
  const { time, permits, given } = made;
  permits.ask(1);
  await time.goTo(0);
  assert.match(String(given[0]?.[1]), /the disk is full/);
  permits.end(1);
  permits.sent(1);
});
