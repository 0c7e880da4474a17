import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { SqlValue } from "~/warehouse/values.ts";
import { WideArguments } from "./wide_arguments.ts";

const NAMES = Array.from({ length: 250 }, (_, i) => `c${i}`);
const OPTIONS = { varargs: true, useBigIntArguments: true } as const;

/** Rows of 250 columns: `n`, `n + 1`, … */
function openRows(): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  const values = (first: number) => NAMES.map((_, i) => first + i).join(", ");
  db.exec(
    `CREATE TABLE t (${NAMES.join(", ")});
     INSERT INTO t VALUES (${values(0)}), (${values(1_000)}), (${values(2_000)})`,
  );
  return db;
}

const rowFrom = (first: number) => NAMES.map((_, i) => first + i).join();

Deno.test("WideArguments gives a function all that it is called with, row by row", () => {
  using db = openRows();
  const wide = new WideArguments(db, "take_row");
  const taken: string[] = [];
  db.function(wide.name, OPTIONS, (...own: unknown[]) => {
    taken.push(wide.take(own as SqlValue[]).join());
    return null;
  });

  db.prepare(`SELECT ${wide.call(NAMES)} FROM t WHERE c0 <> 1000`).all();

  assert.deepEqual(taken, [rowFrom(0), rowFrom(2_000)]);
});

Deno.test("WideArguments gives an aggregate the rows that its FILTER lets through", () => {
  using db = openRows();
  const wide = new WideArguments(db, "take_rows");
  const taken: string[] = [];
  db.aggregate(wide.name, {
    ...OPTIONS,
    start: 0,
    step: (count: number, ...own: SqlValue[]) => {
      taken.push(wide.take(own).join());
      return count + 1;
    },
    result: (count: number) => BigInt(count),
  });

  const sql = `SELECT ${wide.call(NAMES)} FILTER (WHERE c0 = 1000) AS n FROM t`;

  assert.equal(db.prepare(sql).get()?.n, 1);
  assert.deepEqual(taken, [rowFrom(1_000)]);
});

Deno.test("WideArguments takes nothing of a call that failed into the next one", () => {
  using db = openRows();
  const wide = new WideArguments(db, "take_row");
  let taken = "";
  db.function(wide.name, OPTIONS, (...own: unknown[]) => {
    taken = wide.take(own as SqlValue[]).join();
    return null;
  });
  const failing = wide.call([...NAMES.slice(0, -1), "abs(-9223372036854775807 - 1)"]);
  assert.throws(() => db.prepare(`SELECT ${failing} FROM t`).all(), /integer overflow/);

  db.prepare(`SELECT ${wide.call(NAMES)} FROM t LIMIT 1`).all();

  assert.deepEqual(taken, rowFrom(0));
});
