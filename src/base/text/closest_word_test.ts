import assert from "node:assert/strict";
import { closestWord } from "./closest_word.ts";

Deno.test("closestWord() takes no word for near of which every letter is another", () => {
  assert.equal(closestWord("xml", ["table", "json", "csv", "md"]), undefined);
  assert.equal(closestWord("mdd", ["table", "json", "csv", "md"]), "md");
  assert.equal(closestWord("cvs", ["table", "json", "csv", "md"]), "csv");
});
