import assert from "node:assert/strict";
import { renderChanged } from "./changed_text.ts";

Deno.test("renderChanged() shows old and new, and tells NULL from an empty text", () => {
  assert.equal(
    renderChanged(`{"email":["a","b"],"plan":[null,""],"n":[1,2]}`),
    "email a → b, plan NULL → '', n 1 → 2",
  );
});

Deno.test("renderChanged() folds many columns and cuts long values", () => {
  const wide = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`c${i}`, [0, 1]]));
  assert.match(renderChanged(JSON.stringify(wide)), /c7 0 → 1, … 2 more$/);
  assert.ok(renderChanged(JSON.stringify({ a: ["x".repeat(500), "y"] })).length < 60);
});

Deno.test("renderChanged() tells a repetition from rows that are not compared one by one", () => {
  assert.equal(renderChanged("{}"), "the same content again");
  assert.equal(renderChanged(null), "its rows");
});

Deno.test("renderChanged() tells a text from the number or NULL that it looks like, also in older records", () => {
  assert.equal(renderChanged(`{"a":[0,"0"],"b":[null,"NULL"]}`), "a 0 → '0', b NULL → 'NULL'");
  assert.equal(renderChanged(`{"a":["90","90","now text"]}`), "a 90 → '90'");
});

Deno.test("renderChanged() shows long values where they differ", () => {
  const same = "s".repeat(60);
  assert.equal(
    renderChanged(JSON.stringify({ a: [`${same}1`, `${same}2`] })),
    "a …ssssssssss1 → …ssssssssss2",
  );
});
