/**
 * Stage tables: what a run gathers before it swaps. A killed run leaves them behind.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { quoteIdentifier } from "~/sql/identifiers.ts";

const PREFIX = "spoor.stage.";

/** The table that gathers a model's rows. */
export function stageName(model: string): string {
  return `${PREFIX}${model}`;
}

/** Drops what killed runs left behind. */
export function dropStages(db: DatabaseSync): void {
  const stages = db.prepare(
    `SELECT name FROM sqlite_schema WHERE type = 'table' AND substr(name, 1, ${PREFIX.length}) = ?`,
  ).all(PREFIX);
  for (const { name } of stages) db.exec(`DROP TABLE ${quoteIdentifier(String(name))}`);
}
