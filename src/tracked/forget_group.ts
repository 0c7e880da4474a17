/**
 * Forgets one group: from the accepted rows and from the target.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { quoteIdentifier } from "~/sql/identifiers.ts";
import { findTableType } from "~/warehouse/tables.ts";
import { type SqlValue, toBound } from "~/warehouse/values.ts";
import { acceptedTableName } from "./accepted_table.ts";
import type { Comparison } from "./comparison_sql.ts";

/** Makes the function that forgets groups of one model; call that inside a transaction. */
export function makeForgetGroup(
  db: DatabaseSync,
  { model, uniqueKey }: Comparison,
): (key: readonly SqlValue[]) => void {
  const where = uniqueKey.map((key) => `${quoteIdentifier(key)} = ?`).join(" AND ");
  const tables = [acceptedTableName(model), model].filter((table) => findTableType(db, table));
  const deletes = tables.map((table) =>
    db.prepare(`DELETE FROM ${quoteIdentifier(table)} WHERE ${where}`)
  );
  return (key) => {
    for (const statement of deletes) statement.run(...key.map(toBound));
  };
}
