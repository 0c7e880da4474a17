import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { digestTable } from "./digest_table.ts";

function digestOf(...rows: string[]): string | undefined {
  using db = new DatabaseSync(":memory:");
  db.exec("CREATE TABLE t (a, b)");
  for (const row of rows) db.exec(`INSERT INTO t VALUES (${row})`);
  return digestTable(db, "t");
}

Deno.test("digestTable() does not depend on the order of rows", () => {
  assert.equal(digestOf("1, 'x'", "2, 'y'"), digestOf("2, 'y'", "1, 'x'"));
});

Deno.test("digestTable() tells values, types and copies apart", () => {
  const digests = ["1, 'x'", "'1', 'x'", "1, NULL", "1, ''", "1, x'78'"].map((row) =>
    digestOf(row)
  );
  assert.equal(new Set(digests).size, digests.length);
  assert.notEqual(digestOf("1, 'x'"), digestOf("1, 'x'", "1, 'x'"));
  assert.equal(digestOf("1, 'x'"), digestOf("1.0, 'x'"));
});

Deno.test("digestTable() of no table is none", () => {
  using db = new DatabaseSync(":memory:");
  assert.equal(digestTable(db, "t"), undefined);
});
