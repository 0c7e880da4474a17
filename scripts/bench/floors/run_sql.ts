/**
 * Floor: one SQL text in plain node:sqlite; rows that it gives are read to the end.
 * Arguments: database, file with the SQL. `--prepare` before them runs many statements untimed.
 *
 * @module
 */
import { openFloor } from "./open_floor.ts";
import { timedWork } from "./timed_work.ts";

const isPreparation = Deno.args[0] === "--prepare";
const [path = "", file = ""] = isPreparation ? Deno.args.slice(1) : Deno.args;
const sql = await Deno.readTextFile(file);

await timedWork(() => {
  using db = openFloor(path);
  if (isPreparation) {
    db.exec(sql);
    return;
  }
  for (const _row of db.prepare(sql).iterate()) continue;
});
