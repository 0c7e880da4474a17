import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import {
  isPlainIdentifier,
  isReservedSchema,
  parseModelName,
  quoteIdentifier,
  unquoteIdentifier,
} from "./identifiers.ts";

Deno.test("quoteIdentifier() makes any name safe, as SQLite confirms", () => {
  using database = new DatabaseSync(":memory:");
  for (const name of ["mart.customers", "select", 'a"b', "a'b]`", " ", "ünï", '";--']) {
    const [column] = database.prepare(`SELECT 1 AS ${quoteIdentifier(name)}`).columns();
    assert.equal(column?.name, name);
    assert.equal(unquoteIdentifier(quoteIdentifier(name)), name);
  }
});

Deno.test("unquoteIdentifier() takes off all four kinds of quotes", () => {
  assert.equal(unquoteIdentifier("a"), "a");
  assert.equal(unquoteIdentifier('"a""b"'), 'a"b');
  assert.equal(unquoteIdentifier("`a``b`"), "a`b");
  assert.equal(unquoteIdentifier("'a''b'"), "a'b");
  assert.equal(unquoteIdentifier('[a"b]'), 'a"b');
});

Deno.test("unquoteIdentifier() bears a missing closing quote", () => {
  assert.equal(unquoteIdentifier('"ab'), "ab");
  assert.equal(unquoteIdentifier("[ab"), "ab");
  assert.equal(unquoteIdentifier('"'), "");
});

Deno.test("isPlainIdentifier() takes ASCII letters, digits and underscores", () => {
  for (const name of ["a", "_a1", "Customers", "order"]) assert.ok(isPlainIdentifier(name), name);
  for (const name of ["", "1a", "a-b", "a.b", "a b", "ü", "a$", "a\n"]) {
    assert.ok(!isPlainIdentifier(name), name);
  }
});

Deno.test("parseModelName() reads two plain identifiers with one dot", () => {
  assert.deepEqual(parseModelName("mart.customers"), { schema: "mart", name: "customers" });
  for (const text of ["", "mart", "mart.", ".a", "a.b.c", "a b.c", 'mart."x"', "mart. x"]) {
    assert.equal(parseModelName(text), undefined, text);
  }
});

Deno.test("isReservedSchema() keeps models out of Spoor's and SQLite's schemas", () => {
  for (const schema of ["spoor", "main", "TEMP", "Sqlite", "sqlite_master"]) {
    assert.ok(isReservedSchema(schema), schema);
  }
  for (const schema of ["mart", "spoor2", "temporary", "mysqlite"]) {
    assert.ok(!isReservedSchema(schema), schema);
  }
});
