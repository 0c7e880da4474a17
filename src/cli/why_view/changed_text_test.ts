// deno-lint-ignore-file camelcase -- as the record has it.
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

Deno.test("renderChanged() tells of several rows which came, went and changed", () => {
  const rows = {
    rows_before: 2,
    rows_after: 1_003,
    difference: {
      known_by: "sku",
      changed: { rows: 1, first: [{ row: "a", fields: { qty: [1, 2], note: [null, ""] } }] },
      added: { rows: 1_001, first: [{ sku: "b", qty: 7 }, { sku: null, qty: 8 }] },
      gone: { rows: 1, first: [] },
    },
  };
  assert.equal(
    renderChanged(JSON.stringify([rows])),
    "its rows, 2 → 1,003: 1 changed (sku a: qty 1 → 2, note NULL → ''); " +
      "1,001 added (sku b, qty 7; sku NULL, qty 8; … 999 more); 1 gone",
  );
  const counted = (rows_after: number) => JSON.stringify([{ rows_before: 2, rows_after }]);
  assert.equal(renderChanged(counted(900)), "its rows, 2 → 900");
  assert.equal(renderChanged(counted(2)), "its 2 rows");
  const same = [{ rows_before: 2, rows_after: 2, difference: {} }];
  assert.equal(renderChanged(JSON.stringify(same)), "the same content again");
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
