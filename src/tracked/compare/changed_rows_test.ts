import assert from "node:assert/strict";
import type { SqlValue } from "~/warehouse/values.ts";
import { changedRows } from "./changed_rows.ts";
import { FieldComparer } from "./changed_values.ts";

const COLUMNS = ["order_id", "kind", "sku", "qty"];
const line = (sku: SqlValue, qty: SqlValue): SqlValue[] => [7, "line", sku, qty];

/** Of an order whose lines these were, and are. */
function difference(before: SqlValue[][], after: SqlValue[][], columns = COLUMNS) {
  const old = { columns, values: before.flat() };
  const now = { columns: COLUMNS, values: after.flat() };
  return changedRows(["order_id"], [old], now, (was) => new FieldComparer(was, COLUMNS));
}

Deno.test("changedRows() knows rows by the first column that tells them apart, before and after", () => {
  const before = [line("a", 1), line("b", 2), line("c", 3), line("d", 4)];
  const after = [line("e", 5), line("d", 3), line("c", 3), line("b", 9)];
  assert.deepEqual(difference(before, after), {
    rows_before: 4,
    rows_after: 4,
    difference: {
      known_by: "sku",
      changed: {
        rows: 2,
        first: [{ row: "d", fields: { qty: [4, 3] } }, { row: "b", fields: { qty: [2, 9] } }],
      },
      added: { rows: 1, first: [{ kind: "line", sku: "e", qty: 5 }] },
      gone: { rows: 1, first: [{ kind: "line", sku: "a", qty: 1 }] },
    },
  });
});

Deno.test("changedRows() tells rows that came and went where no column tells them apart", () => {
  const before = [line("a", 1), line("a", 1), line(null, 2)];
  const after = [line("a", 1), line(null, 2), line(null, 3), line("b", 3)];
  assert.deepEqual(difference(before, after).difference, {
    added: {
      rows: 2,
      first: [line(null, 3), line("b", 3)].map(([, kind, sku, qty]) => ({ kind, sku, qty })),
    },
    gone: { rows: 1, first: [{ kind: "line", sku: "a", qty: 1 }] },
  });
});

Deno.test("changedRows() takes the only row that went and the only one that came for one", () => {
  const before = [line("a", 1), line("a", 1), line("b", 1)];
  const after = [line("a", 1), line("a", 1), line("b", 2)];
  assert.deepEqual(difference(before, after).difference, {
    changed: { rows: 1, first: [{ fields: { qty: [1, 2] } }] },
  });
});

Deno.test("changedRows() says of rows that are the same, in whatever order, that none differs", () => {
  const rows = [line("a", 1), line("b", 2), line("b", 2)];
  assert.deepEqual(difference(rows, rows.toReversed()), {
    rows_before: 3,
    rows_after: 3,
    difference: {},
  });
});

Deno.test("changedRows() names the columns that rows have now and had not", () => {
  const columns = COLUMNS.filter((name) => name !== "qty");
  const without = ["a", "b"].map((sku) => line(sku, 1).slice(0, 3));
  assert.deepEqual(difference(without, [line("a", 1)], columns).difference, {
    known_by: "sku",
    changed: { rows: 1, first: [{ row: "a", fields: { qty: [null, 1, "new"] } }] },
    gone: { rows: 1, first: [{ kind: "line", sku: "b" }] },
  });
});

Deno.test("changedRows() tells the first rows, of wide ones fewer, and counts them all", () => {
  const many = Array.from({ length: 199 }, (_, i) => line(`sku-${i}`, i));
  const { added } = difference([line("a", 1)], many).difference ?? {};
  assert.deepEqual([added?.rows, added?.first.length], [199, 3]);
  const wide = difference([line("a", 1)], many.map((_, i) => line(i, "w".repeat(1_000))));
  assert.ok(JSON.stringify(wide).length < 1_500, "the record is kept for ever");
  assert.equal(wide.difference?.added?.rows, 199);
});

Deno.test("changedRows() only counts the rows where there are very many", () => {
  const many = Array.from({ length: 400 }, (_, i) => line(i, i));
  assert.deepEqual(difference([line("a", 1)], many), { rows_before: 1, rows_after: 400 });
});
