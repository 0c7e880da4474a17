import assert from "node:assert/strict";
import { parseRetryAfterMs } from "./retry_after.ts";

const NOW = Date.parse("1994-11-06T08:49:30Z");

Deno.test("parseRetryAfterMs() reads the three date forms of HTTP", () => {
  assert.equal(parseRetryAfterMs("Sun, 06 Nov 1994 08:49:37 GMT", NOW), 7_000);
  assert.equal(parseRetryAfterMs("Sunday, 06-Nov-94 08:49:37 GMT", NOW), 7_000);
  assert.equal(parseRetryAfterMs("Sun Nov  6 08:49:37 1994", NOW), 7_000);
});

Deno.test("parseRetryAfterMs() takes a date that has passed as now", () => {
  assert.equal(parseRetryAfterMs("Sun, 06 Nov 1994 08:49:00 GMT", NOW), 0);
});

Deno.test("parseRetryAfterMs() reads whole and broken seconds", () => {
  assert.equal(parseRetryAfterMs(" 3 ", NOW), 3_000);
  assert.equal(parseRetryAfterMs("0.25", NOW), 250);
  assert.equal(parseRetryAfterMs("0", NOW), 0);
});

Deno.test("parseRetryAfterMs() ignores what is neither seconds nor a date", () => {
  for (const header of [undefined, null, "", "-1", "5 apples", "1e3", "Mon, never"]) {
    assert.equal(parseRetryAfterMs(header, NOW), undefined, String(header));
  }
});
