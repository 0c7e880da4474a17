import assert from "node:assert/strict";
import { readSingleSelect } from "./single_select.ts";

/** The message behind "Cannot read the SQL: " and the text from the offset on, or the query. */
function read(sql: string): unknown {
  const result = readSingleSelect(sql);
  if (result.ok) return result.text;
  assert.match(result.message, /^Cannot read the SQL: [^.]*[^.]$/);
  assert.match(result.hint, /^[A-Z].*\.$/);
  return [result.message.slice("Cannot read the SQL: ".length), sql.slice(result.offset)];
}

Deno.test("readSingleSelect() cuts comments and semicolons off", () => {
  assert.equal(read("-- @kind: table\n/* b */ SELECT 1 ; -- end"), "SELECT 1");
  assert.equal(read("SELECT 1 -- x"), "SELECT 1");
  assert.equal(read(";; SELECT 1;;\n;"), "SELECT 1");
  assert.equal(read("SELECT /* in */ ';' -- x\n+ 1"), "SELECT /* in */ ';' -- x\n+ 1");
});

Deno.test("readSingleSelect() tells where the query begins", () => {
  assert.deepEqual(readSingleSelect("-- a\nSELECT 1;"), { ok: true, text: "SELECT 1", start: 5 });
});

Deno.test("readSingleSelect() takes SELECT, WITH and VALUES in any case", () => {
  for (const sql of ["select 1", "Values (1)", "with a as (select 1) select * from a"]) {
    assert.equal(read(sql), sql);
  }
});

const PROBLEMS: Record<string, [message: string, from: string]> = {
  "": ["there is no statement in it", ""],
  "  \n": ["there is no statement in it", ""],
  " -- nothing": ["there is no statement in it", "-- nothing"],
  ";": ["there is no statement in it", ";"],
  "SELECT 1; SELECT 2": [`a second statement begins with "SELECT"`, "SELECT 2"],
  "SELECT 1;; drop table t": [`a second statement begins with "drop"`, "drop table t"],
  "INSERT INTO t VALUES (1)": [
    `it begins with "INSERT", which is not a query`,
    "INSERT INTO t VALUES (1)",
  ],
  "-- a\ncreate table t (a)": [
    `it begins with "create", which is not a query`,
    "create table t (a)",
  ],
  "PRAGMA user_version": [`it begins with "PRAGMA", which is not a query`, "PRAGMA user_version"],
  "(SELECT 1)": [`it begins with "(", which is not a query`, "(SELECT 1)"],
  "'SELECT 1'": [`it begins with "'SELECT 1'", which is not a query`, "'SELECT 1'"],
  "WITH a AS (SELECT 1) INSERT INTO t SELECT 1": [
    `its WITH leads to "INSERT", which is not a query`,
    "INSERT INTO t SELECT 1",
  ],
  "WITH a(x) AS (SELECT 1), b AS MATERIALIZED (SELECT 2) delete from t": [
    `its WITH leads to "delete", which is not a query`,
    "delete from t",
  ],
  "SELECT 'abc\ndef": [`the string that begins with "'abc…" has no end`, "'abc\ndef"],
  'SELECT "abc': [`the quoted name that begins with ""abc" has no end`, '"abc'],
  "SELECT [abc": [`the quoted name that begins with "[abc" has no end`, "[abc"],
  "SELECT x'00": [`the blob that begins with "x'00" has no end`, "x'00"],
  "SELECT 1 /* abc": [`the comment that begins with "/* abc" has no end`, "/* abc"],
  "SELECT (1 + (2)": [`a "(" is not closed`, "(1 + (2)"],
  "SELECT (1 + (2": [`a "(" is not closed`, "(2"],
  "SELECT (1; SELECT 2)": [`a "(" is not closed`, "(1; SELECT 2)"],
  "SELECT 1) + 2": [`a ")" has no "(" before it`, ") + 2"],
  "SELECT 1 \0 garbage": [
    "it holds the character U+0000, which would end it for SQLite",
    "\0 garbage",
  ],
};

for (const [sql, problem] of Object.entries(PROBLEMS)) {
  Deno.test(`readSingleSelect() refuses ${JSON.stringify(sql)}`, () => {
    assert.deepEqual(read(sql), problem);
  });
}

Deno.test("readSingleSelect() says how to end what is open", () => {
  const hint = (sql: string) => {
    const result = readSingleSelect(sql);
    return result.ok ? undefined : result.hint;
  };
  assert.equal(hint("SELECT `a"), "End the name with `.");
  assert.equal(hint("SELECT [a"), "End the name with ].");
  assert.equal(hint("SELECT 'a"), "End the string with '.");
  assert.equal(hint("SELECT /*"), "End the comment with */.");
});

Deno.test("readSingleSelect() takes names that are also statements for names", () => {
  const sql = "WITH replace(a) AS (SELECT 1), b AS (SELECT 2) SELECT replace(1, 2, 3) FROM replace";
  assert.equal(read(sql), sql);
});
