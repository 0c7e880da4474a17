import assert from "node:assert/strict";
import { describeDifference } from "./changed_fields.ts";

const COLUMNS = ["id", "name"];
const flat = (...values: (number | string | null)[]) => ({ columns: COLUMNS, values });

Deno.test("describeDifference() gives old and new of the fields that differ", () => {
  assert.deepEqual(describeDifference(flat(1, "Bo"), flat(1, "Bob")), {
    fields: { name: ["Bo", "Bob"] },
  });
});

Deno.test("describeDifference() gives all fields of a group that comes or goes", () => {
  assert.deepEqual(describeDifference(flat(), flat(1, "Bo")).fields, {
    id: [null, 1],
    name: [null, "Bo"],
  });
  assert.deepEqual(describeDifference(flat(1, "Bo"), { columns: [], values: [] }).fields, {
    id: [1, null],
    name: ["Bo", null],
  });
});

Deno.test("describeDifference() gives the rows that go and come where there are several", () => {
  assert.deepEqual(describeDifference(flat(1, "a", 1, "a", 1, "b"), flat(1, "a", 1, "c")), {
    rows_removed: [{ id: 1, name: "a" }, { id: 1, name: "b" }],
    rows_added: [{ id: 1, name: "c" }],
  });
});

Deno.test("describeDifference() names columns that are gone, where they held something", () => {
  const before = { columns: ["id", "name", "extra", "empty"], values: [1, "Bo", 7, null] };
  assert.deepEqual(describeDifference(before, flat(1, "Bo")), {
    fields: { extra: [7, null] },
    columns_gone: ["extra"],
  });
});
