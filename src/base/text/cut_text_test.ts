import assert from "node:assert/strict";
import { cutText, shortenText } from "./cut_text.ts";

Deno.test("cutText() says that a longer text is cut and how long it is, and splits no character", () => {
  assert.equal(cutText("abc", 3), "abc");
  assert.equal(cutText("a".repeat(1_234), 3), "aaa… (1,234 characters)");
  assert.equal(cutText("ab😀", 3), "ab… (4 characters)");
  assert.equal(cutText("ab😀c", 4), "ab😀… (5 characters)");
});

Deno.test("shortenText() ends a longer text in an ellipsis, and splits no character", () => {
  assert.equal(shortenText("abc", 3), "abc");
  assert.equal(shortenText("abcd", 3), "abc…");
  assert.equal(shortenText("ab😀", 3), "ab…");
});
