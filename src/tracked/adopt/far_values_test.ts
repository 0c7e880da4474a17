import fc from "fast-check";
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { type SqlValue, toBound } from "~/warehouse/values.ts";
import { type ColumnForm, readCell } from "./far_values.ts";

/** As a comparison takes two values for the same. */
function isSame(a: SqlValue, b: SqlValue): boolean {
  using db = new DatabaseSync(":memory:");
  db.exec("CREATE TABLE t (a, b)");
  db.prepare("INSERT INTO t VALUES (?, ?)").run(toBound(a), toBound(b));
  return db.prepare("SELECT a IS b AS same FROM t").get()?.same === 1;
}

Deno.test("a cell is the number that it writes exactly, and no other", () => {
  const same: readonly (readonly [cell: string, value: SqlValue])[] = [
    ["42", 42],
    ["42.0", 42],
    ["42.000", 42],
    ["4.2e1", 42],
    ["-7", -7],
    ["-0", 0],
    ["0.0", 0],
    ["10.50", 10.5],
    ["0.1", 0.1],
    ["0.10000000000000001", 0.1],
    ["0.30000000000000004", 0.1 + 0.2],
    ["9007199254740993", 9_007_199_254_740_993n],
    ["-9223372036854775807", -9_223_372_036_854_775_807n],
    ["1e21", 1e21],
    ["2.2250738585072014e-308", 2 ** -1022],
    ["", null],
  ];
  for (const [cell, value] of same) {
    assert(isSame(readCell("number", cell), value), `${cell} is ${value}`);
  }
  const others: readonly (readonly [cell: string, value: SqlValue])[] = [
    ["007", 7],
    ["+7", 7],
    [" 7", 7],
    ["7 ", 7],
    ["7.", 7],
    [".5", 0.5],
    ["1,5", 1.5],
    ["1,000", 1000],
    ["0x10", 16],
    ["true", 1],
    ["", 0],
    ["0", null],
    ["9007199254740993", 9_007_199_254_740_992],
    ["9007199254740993.0", 9_007_199_254_740_992],
    ["9007199254740991.4", 9_007_199_254_740_991],
    ["9.007199254740993e15", 9_007_199_254_740_992n],
    ["9223372036854775808", 9_223_372_036_854_775_807n],
    ["18446744073709551616", 2 ** 64],
    ["1.00000000000000001", 1],
    ["1e-400", 0],
    ["1e400", Number.MAX_VALUE],
    ["Infinity", Number.MAX_VALUE],
    ["0.3", 0.1 + 0.2],
  ];
  for (const [cell, value] of others) {
    assert(!isSame(readCell("number", cell), value), `${cell} is not ${value}`);
  }
});

Deno.test("true and false are 1 and 0 where a column holds nothing else", () => {
  assert.deepEqual(
    ["true", "FALSE", "1", "0", "", "yes"].map((cell) => readCell("boolean", cell)),
    [1, 0, 1, 0, null, "yes"],
  );
  assert.equal(readCell("number", "true"), "true");
  assert.equal(readCell("text", "true"), "true");
});

Deno.test("every number that is written as JavaScript writes it is read back", () => {
  const number = fc.oneof(
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }),
  ).filter((each) => each === 0 || Math.abs(each) >= 2 ** -1022);
  fc.assert(fc.property(number, (each) => {
    assert(isSame(readCell("number", String(each)), each), String(each));
  }));
});

Deno.test("a text is the text, to the last character", () => {
  const forms: ColumnForm[] = ["text", "mixed"];
  for (const form of forms) {
    fc.assert(fc.property(fc.string(), (text) => assert.equal(readCell(form, text), text)));
  }
});
