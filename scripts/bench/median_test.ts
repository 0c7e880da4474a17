import assert from "node:assert/strict";
import { median } from "./median.ts";

Deno.test("median() is the middle value whatever the order", () => {
  assert.equal(median([300, 1, 20]), 20);
});

Deno.test("median() of an even number of values lies between the two in the middle", () => {
  assert.equal(median([4, 1, 100, 2]), 3);
});

Deno.test("median() refuses no values", () => {
  assert.throws(() => median([]), RangeError);
});
