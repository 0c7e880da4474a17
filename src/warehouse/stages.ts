/**
 * Stage tables: what a run gathers before it swaps. A killed run leaves them behind.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { quoteIdentifier } from "~/sql/identifiers.ts";

/** Drops what killed runs left behind. */
export function dropStages(db: DatabaseSync): void {
  const stages = db.prepare(
    `SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'spoor.stage.%'`,
  ).all();
  for (const { name } of stages) db.exec(`DROP TABLE ${quoteIdentifier(String(name))}`);
}
