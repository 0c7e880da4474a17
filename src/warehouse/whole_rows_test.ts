import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { WholeRows } from "./whole_rows.ts";

function table(columns: string, rows: string): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  db.exec(`CREATE TABLE t (${columns}); INSERT INTO t VALUES ${rows}`);
  return db;
}

Deno.test("WholeRows gives texts with a NUL whole, and all else as it is", () => {
  using db = table(
    "id, a, b",
    `(1, 'x' || char(0) || 'y', 9007199254740993), (2, 'xy', x'0001'), (3, char(0), NULL), (4, '', 1.5)`,
  );
  const rows = new WholeRows(db, ["id", "a", "b"], "FROM t WHERE id >= ? ORDER BY id");
  const expected = [
    [1, "x\0y", 9007199254740993n],
    [2, "xy", new Uint8Array([0, 1])],
    [3, "\0", null],
    [4, "", 1.5],
  ];

  assert.deepEqual(rows.all(1n), expected);
  assert.deepEqual([...rows.iterate(2n)], expected.slice(1));
});

Deno.test("WholeRows keeps rows apart that are put into order after they were looked at", () => {
  using db = table("id, a", `(3, 'c' || char(0)), (1, 'a' || char(0)), (2, 'b')`);
  const rows = new WholeRows(db, ["id", "a"], "FROM t ORDER BY id");

  assert.deepEqual(rows.all(), [[1, "a\0"], [2, "b"], [3, "c\0"]]);
});

Deno.test("WholeRows reads rows of more columns than a function takes", () => {
  const names = Array.from({ length: 1_500 }, (_, i) => `c${i}`);
  const values = names.map((name) => `'${name}' || char(0) || 'z'`);
  using db = table(names.join(", "), `(${values.join(", ")})`);

  const [row] = new WholeRows(db, names, "FROM t").all();

  assert.deepEqual(row, names.map((name) => `${name}\0z`));
});
