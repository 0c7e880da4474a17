import assert from "node:assert/strict";
import { findTableReferences } from "./table_references.ts";

/** `schema.table`, with ` alias` where there is one. */
function shown(sql: string): string[] {
  return findTableReferences(sql).map(({ schema, table, alias }) =>
    [schema, table].filter((part) => part !== undefined).join(".") +
    (alias === undefined ? "" : ` ${alias}`)
  );
}

Deno.test("findTableReferences() tells where the name stands, without the alias", () => {
  const sql = `SELECT 1 FROM "mart" . /* x */ [odd name] AS c`;
  const [reference] = findTableReferences(sql);
  assert.equal(reference?.schema, "mart");
  assert.equal(reference?.table, "odd name");
  assert.equal(sql.slice(reference?.start, reference?.end), `"mart" . /* x */ [odd name]`);
});

Deno.test("findTableReferences() reports a name without schema as it is", () => {
  assert.deepEqual(shown("SELECT * FROM customers c, sqlite_schema"), [
    "customers c",
    "sqlite_schema",
  ]);
});

Deno.test("findTableReferences() reports a table as often as it is read", () => {
  assert.deepEqual(shown("SELECT * FROM a.b x JOIN a.b y"), ["a.b x", "a.b y"]);
});

Deno.test("findTableReferences() reads aliases of every form", () => {
  assert.deepEqual(
    shown(`SELECT * FROM a.b AS "x", a.c 'y', a.d [z], a.e AS left, a.f LEFT JOIN a.g window`),
    ["a.b x", "a.c y", "a.d z", "a.e left", "a.f", "a.g window"],
  );
});

Deno.test("findTableReferences() takes no clause for an alias", () => {
  assert.deepEqual(
    shown(
      "SELECT * FROM a.b INDEXED BY i, a.c NOT INDEXED WHERE 1 UNION SELECT 1 FROM a.d LIMIT 1",
    ),
    ["a.b", "a.c", "a.d"],
  );
  assert.deepEqual(shown("SELECT 1 FROM a.b WINDOW w AS (), v AS ()"), ["a.b"]);
});

Deno.test("findTableReferences() finds tables after IN", () => {
  assert.deepEqual(shown("SELECT a IN x.y, b NOT IN z FROM t WHERE c IN (x.y, z)"), [
    "x.y",
    "z",
    "t",
  ]);
});

Deno.test("findTableReferences() reports no table-valued function, but what its arguments read", () => {
  assert.deepEqual(shown("SELECT * FROM json_each((SELECT a FROM x.y)) AS j, x.z"), ["x.y", "x.z"]);
  assert.deepEqual(shown("SELECT 1 IN generate(1, 2), 2 IN main.f()"), []);
});

Deno.test("findTableReferences() takes a reserved word after a dot for a name", () => {
  assert.deepEqual(shown("SELECT mart.order.id FROM mart.order WHERE 1"), ["mart.order"]);
});

Deno.test("findTableReferences() ends the scope of WITH with its parenthesis", () => {
  assert.deepEqual(
    shown("SELECT (WITH a AS (SELECT 1) SELECT * FROM a, A), (SELECT 2 FROM a)"),
    ["a"],
  );
  assert.deepEqual(shown("WITH a AS (SELECT 1) SELECT * FROM a; SELECT * FROM a"), ["a"]);
});

Deno.test("findTableReferences() reads on behind what is no SQL", () => {
  assert.deepEqual(shown(")) SELECT * FROM a.b WHERE ( ] SELECT c FROM"), ["a.b"]);
  assert.deepEqual(shown("SELECT * FROM WHERE x IN AND y FROM , a.b JOIN JOIN a.c"), [
    "a.b",
    "a.c",
  ]);
  assert.deepEqual(shown("SELECT * FROM a."), ["a"]);
  assert.deepEqual(shown("SELECT * FROM 'a.b"), ["a.b"]);
  assert.deepEqual(shown(""), []);
});
