import assert from "node:assert/strict";
import { missingFrom } from "./missing_from.ts";

Deno.test("missingFrom() gives each item as often as the others lack it, in its order", () => {
  const missing = (others: string, items: string) =>
    missingFrom([...others], [...items], (letter) => letter).join("");
  assert.equal(missing("ab", "ba"), "");
  assert.equal(missing("a", "caab"), "cab");
  assert.equal(missing("aab", "a"), "");
  assert.equal(missing("", "aa"), "aa");
});
