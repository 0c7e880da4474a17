import assert from "node:assert/strict";
import { changedColumns } from "./changed_columns.ts";

const KEY = { id: 1 };

Deno.test("changedColumns() names the columns of one row whose value differs", () => {
  const before = [{ id: 1, name: "Ada", email: null, n: 1 }];

  assert.deepEqual(changedColumns(before, [{ id: 1, name: "Ada", email: null, n: 1 }], KEY), []);
  assert.deepEqual(
    changedColumns(before, [{ id: 1, name: "ada", email: "", n: 1 }], KEY),
    ["name", "email"],
  );
  assert.deepEqual(changedColumns(before, [{ id: 1, name: "Ada", email: null, n: "1" }], KEY), [
    "n",
  ]);
});

Deno.test("changedColumns() takes a number for the same however SQL holds it", () => {
  const changed = (a: number | bigint, b: number | bigint) =>
    changedColumns([{ id: 1, n: a }], [{ id: 1, n: b }], KEY);

  assert.deepEqual(changed(1, 1n), []);
  assert.deepEqual(changed(2 ** 60, 2n ** 60n), []);
  assert.deepEqual(changed(-0, 0), []);
  assert.deepEqual(changed(2n ** 60n, 2n ** 60n + 1n), ["n"]);
  assert.deepEqual(changed(1, 1.5), ["n"]);
});

Deno.test("changedColumns() compares bytes by content", () => {
  const changed = (...bytes: number[]) =>
    changedColumns([{ id: 1, b: new Uint8Array([1, 2]) }], [{ id: 1, b: new Uint8Array(bytes) }], {
      id: 1,
    });

  assert.deepEqual(changed(1, 2), []);
  assert.deepEqual(changed(1, 3), ["b"]);
});

Deno.test("changedColumns() names all columns of a group that came or went", () => {
  const rows = [{ id: 1, name: "Ada" }];

  assert.deepEqual(changedColumns([], rows, KEY), ["id", "name"]);
  assert.deepEqual(changedColumns(rows, [], KEY), ["id", "name"]);
});

Deno.test("changedColumns() names columns that only one side has, whatever is in them", () => {
  const changed = changedColumns(
    [{ id: 1, Name: "Ada", old: null }],
    [{ id: 1, new: null, name: "Ada" }],
    KEY,
  );

  assert.deepEqual(changed, ["new", "name", "Name", "old"], "spelled otherwise it is another one");
});

Deno.test("changedColumns() names only what differs beside a new column of many rows", () => {
  const before = [{ id: 1, n: 1 }, { id: 1, n: 2 }, { id: 1, n: 3 }];
  const now = [{ id: 1, a: "z", n: 1 }, { id: 1, a: null, n: 3 }, { id: 1, a: "y", n: 2 }];

  assert.deepEqual(changedColumns(before, now, KEY), ["a"]);
});

Deno.test("changedColumns() names a column that not all rows of before had", () => {
  const before = [{ id: 1, n: 1, a: null }, { id: 1, n: 2 }];
  const now = [{ id: 1, n: 1, a: null }, { id: 1, n: 2, a: null }];

  assert.deepEqual(changedColumns(before, now, KEY), ["a"]);
  assert.deepEqual(changedColumns(before, now.map(({ id, n }) => ({ id, n })), KEY), ["a"]);
});

Deno.test("changedColumns() looks only at rows of many that are not on both sides", () => {
  const line = (n: number, sku: string, quantity: number) => ({ id: 1, n, sku, quantity });
  const before = [line(1, "a", 1), line(2, "b", 2), line(3, "c", 3)];

  assert.deepEqual(changedColumns(before, before.toReversed(), KEY), []);
  assert.deepEqual(
    changedColumns(before, [line(3, "c", 3), line(2, "b", 9), line(1, "a", 1)], KEY),
    ["quantity"],
  );
  assert.deepEqual(
    changedColumns(before, [...before, line(0, "z", 0)], KEY),
    ["n", "sku", "quantity"],
    "a new row differs in all but the key",
  );
  assert.deepEqual(
    changedColumns([line(1, "a", 1), line(1, "a", 1)], [line(1, "a", 1), line(1, "b", 1)], KEY),
    ["sku"],
    "equal rows count as often as they are there",
  );
});

Deno.test("changedColumns() sees values that changed places between rows", () => {
  const before = [{ id: 1, a: "x", b: "1" }, { id: 1, a: "y", b: "2" }];
  const now = [{ id: 1, a: "x", b: "2" }, { id: 1, a: "y", b: "1" }];

  assert.deepEqual(changedColumns(before, now, KEY), ["b"]);
});

Deno.test("changedColumns() cannot be fooled by moving characters between columns", () => {
  const before = [{ id: 1, a: "x,t1:y", b: "" }, { id: 1, a: "q", b: "q" }];
  const now = [{ id: 1, a: "x", b: "t1:y,t0:" }, { id: 1, a: "q", b: "q" }];

  assert.deepEqual(changedColumns(before, now, KEY), ["a", "b"]);
});
