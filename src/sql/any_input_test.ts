/** Whatever is given as SQL: nothing throws, nothing hangs, and work grows with the length only. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { findParameters } from "./parameters.ts";
import { rewriteTableReferences } from "./rewrite_references.ts";
import { readSingleSelect } from "./single_select.ts";
import { findTableReferences } from "./table_references.ts";

const PIECES = [
  ..."SELECT FROM JOIN LEFT ON USING WITH RECURSIVE AS MATERIALIZED IN VALUES UNION WHERE GROUP BY"
    .split(" "),
  ..."ORDER LIMIT WINDOW OVER INDEXED NOT DISTINCT IS EXISTS INSERT ( ) ( ) ( ) , . ; * = - / ' \" ` [ ]"
    .split(" "),
  ..."a b mart customers mart.customers mart.customers.id raw.customers \"x\" 'y' [z] 1 ?1 :c -- /* */ \n"
    .split(" "),
];

const sqlLike = fc.tuple(
  fc.constantFrom("", "SELECT * FROM", "SELECT a", "WITH a AS (SELECT 1) SELECT"),
  fc.array(fc.constantFrom(...PIECES, " ", "\0"), { maxLength: 60, size: "max" }),
).map(([begin, pieces]) => [begin, ...pieces].join(" ").slice(0, 200));
const anyText = fc.string({ unit: "binary", maxLength: 200 });

function readAll(sql: string): void {
  for (const reference of findTableReferences(sql)) {
    assert.ok(reference.start >= 0 && reference.end > reference.start);
    assert.ok(reference.end <= sql.length);
  }
  const rewritten = rewriteTableReferences(sql, ({ table }) => `real.${table.replace("\n", " ")}`);
  assert.ok(rewritten.split("\n").length >= sql.split("\n").length);
  findParameters(sql);
  const single = readSingleSelect(sql);
  if (!single.ok) assert.ok(single.offset >= 0 && single.offset <= sql.length);
}

Deno.test("no text makes the SQL functions throw or hang", () => {
  fc.assert(fc.property(fc.oneof(sqlLike, anyText), readAll), { numRuns: 2_000 });
});

Deno.test("what readSingleSelect() accepts it accepts again, as it is", () => {
  fc.assert(
    fc.property(sqlLike, (sql) => {
      const single = readSingleSelect(sql);
      if (!single.ok) return;
      assert.deepEqual(readSingleSelect(single.text), { ok: true, text: single.text, start: 0 });
    }),
    { numRuns: 1_000 },
  );
});

/** 200 kB each; a time that grows with the square of the length would take minutes. */
const LONG: Record<string, string> = {
  "open parentheses": "(".repeat(200_000),
  "closed parentheses": "SELECT " + "(".repeat(100_000) + "1" + ")".repeat(100_000),
  "nested subqueries": "SELECT (".repeat(12_000) + "SELECT 1 FROM a.b" + ")".repeat(12_000),
  "nested joins": "SELECT * FROM " + "(".repeat(100_000) + "a.b" + ")".repeat(100_000),
  "nested common table expressions": "WITH a AS (".repeat(9_000) + "SELECT 1 FROM b" +
    ") SELECT 1".repeat(9_000),
  "many common table expressions": "WITH " +
    Array.from({ length: 8_000 }, (_, i) => `c${i} AS (SELECT 1 FROM c1)`).join(", ") + " SELECT 1",
  "nested tables of one name": "SELECT raw.t.a, t.b, stage.t.c FROM stage.t, raw.t WHERE ( "
    .repeat(3_500),
  "nested tables of many names": Array.from(
    { length: 3_000 },
    (_, i) => `SELECT s.t${i}.a, t${i}.b FROM s.t${i}, r.t${i} x WHERE a IN (`,
  ).join(""),
  "quotes": "'".repeat(200_001),
  "double quotes": 'SELECT """'.repeat(20_000),
  "brackets": "[".repeat(200_000),
  "comments": "/*".repeat(100_000),
  "dots": "a.".repeat(100_000),
  "line ends": "\n".repeat(200_000),
  "parameters": "$a(".repeat(66_000),
  "broken parameters": "$a( ".repeat(50_000),
  "colons": "$a::".repeat(50_000),
  "commas": "SELECT * FROM " + "a.b,".repeat(50_000),
  "in": "SELECT 1 " + "IN a ".repeat(40_000),
};

for (const [title, sql] of Object.entries(LONG)) {
  Deno.test(`200 kB of ${title} are read to the end`, () => readAll(sql));
}
