import assert from "node:assert/strict";
import { PLAIN } from "~/cli/output/style.ts";
import type { RecordedTry } from "~/store/changes/recorded_tries.ts";
import { renderTries } from "./tries_lines.ts";

/** One that began so many seconds after midnight, by this machine's clock. */
function tryAt(nth: number, second: number, more: Partial<RecordedTry>): RecordedTry {
  const at = new Date(2026, 0, 31, 0, 0, second, 7).toISOString();
  return { nth, at, elapsed_ms: 12, ...more };
}

Deno.test("renderTries() tells when each try began, how it ended, and what was waited for", () => {
  const tries = [
    tryAt(1, 1, { status: 401, waited_ms: { token: 30 } }),
    tryAt(2, 2, {
      status: 429,
      retry_after_ms: 2_000,
      waited_ms: { slow_down: 2_100, rate_limit: 9 },
    }),
    tryAt(3, 5, { kind: "broken", error: "it broke\n", waited_ms: { back_off: 512 } }),
    tryAt(4, 6, { status: 201, elapsed_ms: 1_400 }),
  ];
  assert.deepEqual(renderTries({ tries }, PLAIN), [
    "try 1  2026-01-31 00:00:01.007  401 after 12 ms; then waited 30 ms (a new access token)",
    "try 2  2026-01-31 00:00:02.007  429 after 12 ms, Retry-After 2.0 s; then waited 2.1 s " +
    "(too fast: all requests of the model waited)",
    "try 3  2026-01-31 00:00:05.007  it broke\\n after 12 ms; then waited 512 ms (back-off)",
    "try 4  2026-01-31 00:00:06.007  201 after 1.4 s",
  ]);
});

Deno.test("renderTries() has a word on those that are left out, in their place", () => {
  const tries = [tryAt(1, 1, { status: 503 }), tryAt(1_002, 9, { status: 200 })];
  assert.deepEqual(renderTries({ tries, tries_left_out: { 503: 990, timeout: 10 } }, PLAIN), [
    "try 1     2026-01-31 00:00:01.007  503 after 12 ms",
    "… 1,000 more tries: 990 × 503, 10 × timeout",
    "try 1002  2026-01-31 00:00:09.007  200 after 12 ms",
  ]);
});
