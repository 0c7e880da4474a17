/**
 * Floor: a CSV file into a table by papaparse and multi-row inserts, in one thread.
 * Arguments: database, CSV file.
 *
 * @module
 */
import Papa from "papaparse";
import { openFloor } from "./open_floor.ts";
import { timedWork } from "./timed_work.ts";

/** The fastest of 10, 50, 200 and 1,000 on the machine that this was tried on. */
const ROWS_PER_INSERT = 200;

const [path = "", csv = ""] = Deno.args;

await timedWork(async () => {
  const text = await Deno.readTextFile(csv);
  const columns = text.slice(0, text.indexOf("\n")).split(",");
  using db = openFloor(path);
  db.exec(`CREATE TABLE accounts (${columns.map((column) => `"${column}"`).join(", ")})`);
  const one = `(${columns.map(() => "?").join(", ")})`;
  const insert = (rows: number) =>
    db.prepare(`INSERT INTO accounts VALUES ${Array(rows).fill(one).join(", ")}`);
  const insertMany = insert(ROWS_PER_INSERT);
  const insertOne = insert(1);
  let isHeader = true;
  let waiting: string[][] = [];

  db.exec("BEGIN IMMEDIATE");
  Papa.parse(text, {
    skipEmptyLines: true,
    chunkSize: 1 << 20,
    chunk: ({ data }: { data: string[][] }) => {
      waiting = waiting.concat(isHeader ? data.slice(1) : data);
      isHeader = false;
      let from = 0;
      while (waiting.length - from >= ROWS_PER_INSERT) {
        insertMany.run(...waiting.slice(from, from += ROWS_PER_INSERT).flat());
      }
      waiting = waiting.slice(from);
    },
  });
  for (const row of waiting) insertOne.run(...row);
  db.exec("COMMIT");
});
