import assert from "node:assert/strict";
import { describeDifference } from "./changed_fields.ts";

const COLUMNS = ["id", "name"];
const flat = (...values: (number | string | null)[]) => ({ columns: COLUMNS, values });

Deno.test("describeDifference() gives old and new of the fields that differ", () => {
  assert.deepEqual(describeDifference([flat(1, "Bo")], flat(1, "Bob")), {
    fields: { name: ["Bo", "Bob"] },
  });
});

Deno.test("describeDifference() gives all fields of a group that comes or goes", () => {
  assert.deepEqual(describeDifference([], flat(1, "Bo")).fields, {
    id: [null, 1],
    name: [null, "Bo"],
  });
  assert.deepEqual(describeDifference([flat(1, "Bo")], { columns: [], values: [] }).fields, {
    id: [1, null],
    name: ["Bo", null],
  });
});

Deno.test("describeDifference() gives the rows that go and come where there are several", () => {
  assert.deepEqual(describeDifference([flat(1, "a", 1, "a", 1, "b")], flat(1, "a", 1, "c")), {
    rows_removed: [{ id: 1, name: "a" }, { id: 1, name: "b" }],
    rows_added: [{ id: 1, name: "c" }],
  });
});

Deno.test("describeDifference() names columns that are new or gone, whatever is in them", () => {
  const before = { columns: ["id", "name", "extra", "empty"], values: [1, "Bo", 7, null] };
  const after = { columns: [...COLUMNS, "phone"], values: [1, "Bo", null] };
  assert.deepEqual(describeDifference([before], after), {
    fields: { phone: [null, null], extra: [7, null], empty: [null, null] },
    columns_new: ["phone"],
    columns_gone: ["extra", "empty"],
  });
});

Deno.test("describeDifference() tells a row of several that lacks a column from one that has NULL there", () => {
  const before = [flat(1, "a"), { columns: ["id"], values: [1] }];
  assert.deepEqual(describeDifference(before, flat(1, "a", 1, null)), {
    rows_removed: [{ id: 1 }],
    rows_added: [{ id: 1, name: null }],
  });
});

Deno.test("describeDifference() names columns of bytes and big integers, where no text is among them", () => {
  const columns = ["id", "big", "bytes", "either"];
  const row = (id: number) => [id, 2n ** 60n, new Uint8Array([1]), new Uint8Array([2])];
  const before = { columns, values: row(1) };
  const after = { columns, values: [1, 7, null, "text"] };
  assert.deepEqual(describeDifference([before], after).columns_not_text, ["big", "bytes"]);
  assert.equal(describeDifference([before], before).columns_not_text, undefined);
  const gone = describeDifference([{ columns, values: [...row(1), ...row(1)] }], {
    columns: [],
    values: [],
  });
  assert.deepEqual(gone.columns_not_text, ["big", "bytes", "either"]);
});
