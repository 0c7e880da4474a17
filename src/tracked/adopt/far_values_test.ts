import fc from "fast-check";
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { type SqlValue, toBound } from "~/warehouse/values.ts";
import { type ColumnForm, farValueSql, formsOf, queryFormSql, readCell } from "./far_values.ts";

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
    ["9223372036854775807", 9_223_372_036_854_775_807n],
    ["1.23456789012345e20", 1.23456789012345e20],
    ["10.50000000000000000000", 10.5],
    ["0.000000000000000000001234", 1.234e-21],
    ["0e0", 0],
    ["0.0e5", 0],
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
    ["0.100000000000000001", 0.1],
    ["1.234567890123456e20", 1.234567890123456e20],
    ["1e-400", 0],
    ["1e400", Number.MAX_VALUE],
    ["Infinity", Number.MAX_VALUE],
    ["0.3", 0.1 + 0.2],
  ];
  for (const [cell, value] of others) {
    assert(!isSame(readCell("number", cell), value), `${cell} is not ${value}`);
  }
  for (const cell of ["-9223372036854775809", "1e400", "-1e400", "1e-308", "5e-324"]) {
    assert.equal(readCell("number", cell), cell, "no number that a query gives is it for sure");
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

const BYTES = new Uint8Array([1]);

Deno.test("a column has its form by all that the query gives in it", () => {
  const columns: readonly (readonly [form: ColumnForm, ...values: SqlValue[]])[] = [
    ["text", null, null],
    ["text", "a", null],
    ["text", "a", BYTES],
    ["text", BYTES],
    ["number", 2, null],
    ["number", 0, 2],
    ["number", -1, 1],
    ["number", 0.5, 2.5],
    ["number", 0, 0.5, 1],
    ["number", 9_007_199_254_740_993n],
    ["number", 0, 2, BYTES],
    ["boolean", 0, 1, null],
    ["boolean", 1],
    ["boolean", 0, BYTES],
    ["mixed", 1, "a"],
    ["mixed", 9_007_199_254_740_993n, ""],
    ["mixed", 1, "a", BYTES],
  ];
  using db = new DatabaseSync(":memory:");
  const names = columns.map((_, i) => `c${i}`);
  db.exec(`CREATE TEMP TABLE "t" (${names.join(", ")})`);
  const insert = db.prepare(`INSERT INTO "t" VALUES (${names.map(() => "?").join(", ")})`);
  for (let row = 1; row <= 4; row++) {
    // What is not given once more is given again: NULL would be one more value.
    insert.run(
      ...columns.map((column) => toBound(column[Math.min(row, column.length - 1)] ?? null)),
    );
  }
  const { forms, withBytes } = formsOf(db, "t", names);
  assert.deepEqual(names.map((name) => forms.get(name)), columns.map(([form]) => form));
  const bytes = columns.flatMap(([, ...values], i) => values.includes(BYTES) ? [`c${i}`] : []);
  assert.deepEqual(withBytes, bytes);
});

Deno.test("a query's value meets a cell in the form of its column, and is shown as the cell has it", () => {
  using db = new DatabaseSync(":memory:");
  const read = (sql: string, value: SqlValue) => {
    db.exec("DROP TABLE IF EXISTS t; CREATE TABLE t (v)");
    db.prepare("INSERT INTO t VALUES (?)").run(toBound(value));
    return db.prepare(`SELECT ${sql} AS v FROM t`).get()?.v;
  };
  const inForm = (form: ColumnForm | undefined, value: SqlValue) =>
    read(queryFormSql(form, "v"), value);
  assert.deepEqual(["a", "", null, BYTES].map((each) => inForm("text", each)), [
    "a",
    "",
    "",
    BYTES,
  ]);
  for (const form of [undefined, "number", "boolean"] as const) {
    assert.deepEqual(["a", "", null, 1, 2.5].map((each) => inForm(form, each)), [
      "a",
      "",
      null,
      1,
      2.5,
    ]);
  }
  const mixed = ["a", "", null, 1, -2.5, BYTES].map((each) => inForm("mixed", each));
  assert.deepEqual(mixed, ["a", "", "", "1", "-2.5", BYTES]);
  for (const each of [0.1 + 0.2, 2 ** 70, 1e-300]) {
    const text = inForm("mixed", each);
    assert.ok(
      typeof text === "number" || Number(text) === each,
      "no cell is taken for another one",
    );
  }
  const shown = (form: ColumnForm | undefined) =>
    ["", "a"].map((each) => read(farValueSql(form, "v"), each));
  for (const form of ["text", "mixed"] as const) assert.deepEqual(shown(form), [null, "a"]);
  for (const form of [undefined, "number", "boolean"] as const) {
    assert.deepEqual(shown(form), ["", "a"]);
  }
});
