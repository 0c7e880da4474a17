/**
 * Floor: statements in plain node:sqlite, one transaction each.
 * Arguments: database, JSON file with the statements.
 *
 * @module
 */
import { openFloor } from "./open_floor.ts";
import { timedWork } from "./timed_work.ts";

const [path = "", list = ""] = Deno.args;
const statements: string[] = JSON.parse(await Deno.readTextFile(list));

await timedWork(() => {
  using db = openFloor(path);
  for (const statement of statements) {
    db.exec("BEGIN IMMEDIATE");
    db.exec(statement);
    db.exec("COMMIT");
  }
});
