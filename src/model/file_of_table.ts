/**
 * The file that would make a table.
 *
 * @module
 */
import { canBeModel } from "~/sql/identifiers.ts";

/** The path of a SQL model, or `undefined` where no model can have the table's name. */
export function fileOfTable(table: string): string | undefined {
  return canBeModel(table) ? `models/${table.replace(".", "/")}.sql` : undefined;
}
