import assert from "node:assert/strict";
import { parseRate, renderRate } from "./rate.ts";

Deno.test("parseRate() reads what renderRate() writes", () => {
  for (const text of ["100/10s", "5/s", "10/min", "1000/h", "1/d", "3/250ms", "20/90s"]) {
    const rate = parseRate(text);
    assert.ok(rate, text);
    assert.equal(renderRate(rate), text);
  }
  assert.deepEqual(parseRate("2 / 1.5 s"), { count: 2, windowMs: 1_500 });
  assert.deepEqual(parseRate("2/5m"), { count: 2, windowMs: 300_000 });
});

Deno.test("parseRate() reads nothing else", () => {
  for (const text of ["100", "/s", "5/", "5/10", "5/week", "-1/s", "1.5/s", "5/s/s", ""]) {
    assert.equal(parseRate(text), undefined, text);
  }
});
