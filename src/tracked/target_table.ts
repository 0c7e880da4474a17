/**
 * The target of a tracked model: what was saved, plus `_content_hash` of what was read.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { UserError } from "~/base/user_error.ts";
import { quoteIdentifier } from "~/sql/identifiers.ts";
import { columnsOf, dropTable, findTableType } from "~/warehouse/tables.ts";

/** The column that Spoor adds. */
export const CONTENT_HASH = "_content_hash";

/**
 * Creates the target, or adds the columns that it lacks; one that is no longer saved stays, NULL in
 * new rows.
 *
 * @returns How the columns changed: `"+ remote_id"`.
 */
export function ensureTargetTable(
  db: DatabaseSync,
  model: string,
  uniqueKey: readonly string[],
  columns: readonly string[],
): string[] {
  refuseOwnColumn(model, columns);
  const target = quoteIdentifier(model);
  if (findTableType(db, model) === "view") dropTable(db, model);
  const known = columnsOf(db, model);
  if (known.length > 0 && !known.includes(CONTENT_HASH)) {
    // The model was of another kind before: its rows were never acknowledged by anybody.
    dropTable(db, model);
    known.length = 0;
  }
  if (known.length === 0) {
    const list = columns.map(quoteIdentifier).join(", ");
    db.exec(`CREATE TABLE ${target} (${list}, ${CONTENT_HASH} TEXT NOT NULL)`);
    createKeyIndex(db, model, uniqueKey);
    return [];
  }
  const names = new Set(known.map((column) => column.toLowerCase()));
  const added = columns.filter((column) => !names.has(column.toLowerCase()));
  for (const column of added) {
    db.exec(`ALTER TABLE ${target} ADD COLUMN ${quoteIdentifier(column)}`);
  }
  createKeyIndex(db, model, uniqueKey);
  return added.map((column) => `+ ${column}`);
}

/** Named by its columns, so that another unique key gets another index. */
function createKeyIndex(db: DatabaseSync, model: string, uniqueKey: readonly string[]): void {
  const name = quoteIdentifier(`spoor.key.${model}.${uniqueKey.join(".")}`);
  const list = uniqueKey.map((key) => `${quoteIdentifier(key)}`).join(", ");
  db.exec(`CREATE INDEX IF NOT EXISTS ${name} ON ${quoteIdentifier(model)} (${list})`);
}

/** @throws {UserError} A column would be one of Spoor's own. */
export function refuseOwnColumn(model: string, columns: readonly string[]): void {
  const own = columns.find((column) =>
    column.toLowerCase() === CONTENT_HASH || column.toLowerCase().startsWith("_spoor_")
  );
  if (own === undefined) return;
  throw new UserError(`Cannot save rows of ${model}: "${own}" is a column of Spoor's own`, {
    hint: "Leave the column out, or give it another name",
  });
}
