import assert from "node:assert/strict";
import { fromDifference } from "./from_difference.ts";

Deno.test("fromDifference() begins a little before two texts differ", () => {
  assert.deepEqual(fromDifference("a".repeat(50) + "bc", "a".repeat(50) + "d"), [
    "…aaaaaaaaaabc",
    "…aaaaaaaaaad",
  ]);
  assert.deepEqual(fromDifference("a".repeat(50), "a".repeat(51)), ["…aaaaaaaaaa", "…aaaaaaaaaaa"]);
});

Deno.test("fromDifference() leaves texts that differ at once as they are", () => {
  assert.deepEqual(fromDifference("abc", "abd"), ["abc", "abd"]);
  assert.deepEqual(fromDifference("", "a"), ["", "a"]);
});

Deno.test("fromDifference() cuts no byte and no character in two", () => {
  assert.deepEqual(
    fromDifference("00".repeat(10) + "01", "00".repeat(10) + "02")[0],
    "…000000000001",
  );
  const [text] = fromDifference("😀".repeat(9) + "xa", "😀".repeat(9) + "xb");
  assert.deepEqual([...text ?? ""].slice(0, 3), ["…", "😀", "😀"]);
});
