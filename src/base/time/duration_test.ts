import assert from "node:assert/strict";
import { parseDurationMs, typedDuration } from "./duration.ts";

Deno.test("parseDurationMs() reads what typedDuration() writes", () => {
  for (const text of ["250ms", "90s", "10m", "36h", "7d"]) {
    const ms = parseDurationMs(text);
    assert.ok(ms, text);
    assert.equal(typedDuration(ms), text);
  }
  assert.equal(typedDuration(0), "0ms");
});
