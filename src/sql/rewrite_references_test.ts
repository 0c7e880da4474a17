import assert from "node:assert/strict";
import { rewriteTableReferences } from "./rewrite_references.ts";

function rewritten(sql: string): string {
  return rewriteTableReferences(
    sql,
    ({ schema, table }) => schema === undefined ? undefined : `${schema}.${table}`,
  );
}

const REWRITTEN: Record<string, string> = {
  "SELECT * FROM mart.customers": `SELECT * FROM "mart.customers" AS "customers"`,
  "SELECT * FROM mart.customers AS c": `SELECT * FROM "mart.customers" AS c`,
  "SELECT * FROM mart.customers c": `SELECT * FROM "mart.customers" c`,
  "SELECT * FROM [mart].'Odd \"name'": `SELECT * FROM "mart.Odd ""name" AS "Odd ""name"`,
  "SELECT mart.customers.id, customers.name FROM mart.customers":
    `SELECT "customers".id, customers.name FROM "mart.customers" AS "customers"`,
  "SELECT MART.Customers.* FROM mart.customers":
    `SELECT "customers".* FROM "mart.customers" AS "customers"`,
  "SELECT mart.c.id FROM mart.customers c": `SELECT "c".id FROM "mart.customers" c`,
  "SELECT 1 IN mart.ids": `SELECT 1 IN "mart.ids"`,
  "SELECT * FROM mart.t INDEXED BY i": `SELECT * FROM "mart.t" AS "t" INDEXED BY i`,
  "SELECT * FROM mart.t NOT INDEXED WHERE 1": `SELECT * FROM "mart.t" AS "t" NOT INDEXED WHERE 1`,
  "SELECT*FROM[mart].[t]JOIN'mart'.'u'": `SELECT*FROM"mart.t" AS "t"JOIN"mart.u" AS "u"`,
  "SELECT * FROM t, json_each(t.a)": "SELECT * FROM t, json_each(t.a)",
  "SELECT other.customers.id FROM mart.customers":
    `SELECT other.customers.id FROM "mart.customers" AS "customers"`,
};

for (const [sql, expected] of Object.entries(REWRITTEN)) {
  Deno.test(`rewriteTableReferences() rewrites ${sql}`, () => {
    assert.equal(rewritten(sql), expected);
  });
}

Deno.test("rewriteTableReferences() leaves alone what resolve() does not know", () => {
  const sql = "SELECT raw.orders.id FROM raw.orders, mart.orders o, orders";
  const known = rewriteTableReferences(sql, ({ schema }) => schema === "mart" ? "m" : undefined);
  assert.equal(known, `SELECT raw.orders.id FROM raw.orders, "m" o, orders`);
  assert.equal(rewriteTableReferences(sql, () => undefined), sql);
});

Deno.test("rewriteTableReferences() can rename a table without schema", () => {
  assert.equal(
    rewriteTableReferences("SELECT t.a FROM t", () => "mart.t"),
    `SELECT t.a FROM "mart.t" AS "t"`,
  );
});

Deno.test("rewriteTableReferences() keeps every line where it is", () => {
  assert.equal(
    rewritten("SELECT mart -- a\n.\ncustomers.id\nFROM mart.\r\ncustomers\nWHERE 1"),
    `SELECT "customers"\n\n.id\nFROM "mart.customers" AS "customers"\n\nWHERE 1`,
  );
});

Deno.test("rewriteTableReferences() gives two tables of one name two aliases where columns tell them apart", () => {
  assert.equal(
    rewritten("SELECT raw.t.id, stage.t.id FROM raw.t JOIN stage.t USING (id)"),
    `SELECT "raw:t".id, "stage:t".id FROM "raw.t" AS "raw:t" JOIN "stage.t" AS "stage:t" USING (id)`,
  );
});

Deno.test("rewriteTableReferences() lets columns of a shared name follow the nearest table", () => {
  assert.equal(
    rewritten("SELECT t.a, (SELECT t.b FROM raw.t WHERE raw.t.id = stage.t.id) FROM stage.t"),
    `SELECT "stage:t".a, (SELECT "raw:t".b FROM "raw.t" AS "raw:t" ` +
      `WHERE "raw:t".id = "stage:t".id) FROM "stage.t" AS "stage:t"`,
  );
});

Deno.test("rewriteTableReferences() leaves a column that two near tables could own to SQLite's complaint", () => {
  assert.equal(
    rewritten("SELECT t.a FROM raw.t JOIN stage.t ON raw.t.id = stage.t.id"),
    `SELECT t.a FROM "raw.t" AS "raw:t" JOIN "stage.t" AS "stage:t" ON "raw:t".id = "stage:t".id`,
  );
});
