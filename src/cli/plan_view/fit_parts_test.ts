import assert from "node:assert/strict";
import { fitLines, fitParts } from "./fit_parts.ts";

const part = (...lengths: number[]) => lengths.map((length) => () => ["x".repeat(length - 1)]);
const lengths = (parts: ReturnType<typeof fitParts>) => parts.map((lines) => lines?.[0]?.length);

Deno.test("fitParts() leaves a short part whole, and gives its room to the long ones", () => {
  assert.deepEqual(lengths(fitParts([part(90, 80, 40), part(10), part(90, 80, 40)], 130)), [
    39,
    9,
    79,
  ]);
});

Deno.test("fitParts() gives nothing of a part whose shortest form has no room", () => {
  assert.deepEqual(fitParts([part(90, 80)], 79), [undefined]);
  assert.deepEqual(fitParts([part(90)], -5), [undefined]);
});

Deno.test("fitParts() changes nothing where there is room for all", () => {
  assert.deepEqual(lengths(fitParts([part(50, 1), part(50, 1)], 100)), [49, 49]);
  assert.deepEqual(fitParts([], 100), []);
});

Deno.test("fitLines() takes whole lines, from the first", () => {
  assert.deepEqual(fitLines(["aa", "bb", "c"], 8), ["aa", "bb", "c"]);
  assert.deepEqual(fitLines(["aa", "bb", "c"], 6), ["aa", "bb"]);
  assert.deepEqual(fitLines(["aa"], 2), []);
});
