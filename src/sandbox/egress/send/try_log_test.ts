import assert from "node:assert/strict";
import { EgressFailure } from "~/sandbox/egress/egress_failure.ts";
import { type TryEnd, TryLog } from "./try_log.ts";

const asIs = (text: string) => text;
const answered = (status: number): TryEnd => ({ status, retryAfterMs: undefined });

function logOf(...ends: (TryEnd | EgressFailure)[]): TryLog {
  const log = new TryLog();
  for (const end of ends) {
    log.began();
    log.ended(end);
  }
  return log;
}

Deno.test("TryLog tells nothing of a request that was tried once, or not at all", () => {
  assert.equal(logOf().told(asIs), undefined);
  assert.equal(logOf(answered(503)).told(asIs), undefined);
});

Deno.test("TryLog tells how each try ended, its words masked", () => {
  const broken = new EgressFailure("broken", (shown) => `of ${shown("s3cret-text")}`);
  const log = logOf({ status: 503, retryAfterMs: 2_000 }, broken, answered(201));
  const told = log.told((text) => text.replaceAll("s3cret", "***"))?.told;
  assert.deepEqual(
    told?.map(({ nth, status, retryAfterMs, error }) => [nth, status ?? error, retryAfterMs]),
    [
      [1, 503, 2_000],
      [2, { kind: "broken", message: "of ***-text" }, undefined],
      [3, 201, undefined],
    ],
  );
});

Deno.test("TryLog tells of very many tries the first and the last, and how the others ended", () => {
  const ends = Array.from({ length: 99 }, (_, i) => answered(i % 3 === 0 ? 500 : 503));
  const tries = logOf(...ends, new EgressFailure("timeout", "too slow")).told(asIs);
  assert.deepEqual(tries?.told.map(({ nth }) => nth), [1, 2, 3, 4, 5, 96, 97, 98, 99, 100]);
  assert.deepEqual(tries?.leftOut, { 500: 30, 503: 60 });
});

Deno.test("TryLog counts a wait to the try before it, and none that was before the first or within one", () => {
  const log = new TryLog();
  log.waited("rate_limit", 1);
  log.began();
  log.waited("rate_limit", 2);
  log.ended(answered(429));
  log.waited("slow_down", 40);
  log.waited("slow_down", 2);
  log.waited("rate_limit", 7);
  log.began();
  log.waited("rate_limit", 8);
  log.ended(answered(200));
  assert.deepEqual(log.told(asIs)?.told.map(({ waitedMs }) => waitedMs), [
    { slow_down: 42, rate_limit: 7 },
    {},
  ]);
});
