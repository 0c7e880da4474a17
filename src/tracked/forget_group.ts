/**
 * Forgets one group: from the accepted rows and from the target. Or doubts it: its accepted rows stay, and
 * it counts as changed whatever it holds.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { quoteIdentifier } from "~/sql/identifiers.ts";
import { findTableType } from "~/warehouse/tables.ts";
import { type SqlValue, toBound } from "~/warehouse/values.ts";
import { acceptedTableName, COLUMNS_ID } from "./accepted_table.ts";
import type { Comparison } from "./comparison_sql.ts";

/** Makes the function that forgets groups of one model; call that inside a transaction. */
export function makeForgetGroup(
  db: DatabaseSync,
  { model, uniqueKey }: Comparison,
): (key: readonly SqlValue[]) => void {
  const where = uniqueKey.map((key) => `${quoteIdentifier(key)} = ?`).join(" AND ");
  const prepareDelete = (table: string) =>
    findTableType(db, table) === "table"
      ? db.prepare(`DELETE FROM ${quoteIdentifier(table)} WHERE ${where}`)
      : undefined;
  const fromAccepted = prepareDelete(acceptedTableName(model));
  let fromTarget: StatementSync | undefined;
  return (key) => {
    fromAccepted?.run(...key.map(toBound));
    // A view of the accepted rows may become a table meanwhile.
    fromTarget ??= prepareDelete(model);
    fromTarget?.run(...key.map(toBound));
  };
}

/**
 * Makes the function that doubts groups of one model: what was accepted of them is no longer known to be
 * what the far side has. Call that inside a transaction.
 */
export function makeDoubtGroup(
  db: DatabaseSync,
  { model, uniqueKey }: Pick<Comparison, "model" | "uniqueKey">,
): (key: readonly SqlValue[]) => void {
  const where = uniqueKey.map((key) => `${quoteIdentifier(key)} = ?`).join(" AND ");
  const accepted = quoteIdentifier(acceptedTableName(model));
  // Rows of no set of columns: no row of a query matches them.
  const update = db.prepare(`UPDATE ${accepted} SET ${COLUMNS_ID} = 0 WHERE ${where}`);
  return (key) => void update.run(...key.map(toBound));
}
