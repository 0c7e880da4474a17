/**
 * The target of a tracked model: what was saved, plus `_content_hash` of what was read. A view of the accepted
 * rows as long as these are the same rows (`target_view.ts`), else a table.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { foldName, isSameName } from "~/base/text/same_name.ts";
import { UserError } from "~/base/user_error.ts";
import { columnList, quoteIdentifier, temp } from "~/sql/identifiers.ts";
import type { Comparison } from "~/tracked/compare/comparison_sql.ts";
import { CONTENT_HASH } from "~/tracked/content_hash.ts";
import { cachedStatement } from "~/warehouse/statements/cached_statement.ts";
import { MAX_COLUMNS } from "~/warehouse/statements/column_limit.ts";
import { columnsOf, dropTable, findTableType, isEmpty } from "~/warehouse/tables.ts";
import {
  ACCEPTED_HASH,
  acceptedTableName,
  COLUMNS_ID,
  COPIES,
  valueColumnsOf,
} from "./accepted_table.ts";
import { createTargetView, detachTarget, targetViewColumns } from "./target_view.ts";

/** A target that is ready to take rows. */
export interface ReadyTarget {
  /** Rows that are accepted are shown by it; they are not to be written a second time. */
  isView: boolean;
  /** How the columns changed: `"+ remote_id"`. */
  columnChanges: readonly string[];
}

/** Whether what has the model's name is the target of a tracked model, and not what another kind made. */
export function isTrackedTarget(db: DatabaseSync, model: string): boolean {
  return isTargetTable(db, model) || targetViewColumns(db, model) !== undefined;
}

/**
 * The same, and has rows of its own. A table that was made from such a target (`SELECT *`) has its hashes too, and
 * takes NULL there.
 */
export function isTargetTable(db: DatabaseSync, model: string): boolean {
  if (findTableType(db, model) !== "table") return false;
  const hash = cachedStatement(
    db,
    `SELECT 1 FROM pragma_table_info(?) WHERE name = '${CONTENT_HASH}' AND "notnull"`,
  );
  return hash.get(model) !== undefined;
}

/**
 * Makes the target ready for groups that are saved as they were read. Call before they are accepted: a view is
 * made only while nothing is, as it shows all that is.
 */
export function ensureTargetAsRead(
  db: DatabaseSync,
  model: string,
  uniqueKey: readonly string[],
  columns: readonly string[],
): ReadyTarget {
  refuseOwnColumn(model, columns);
  const shown = targetViewColumns(db, model);
  if (shown) {
    const added = columnsBeside(shown, columns);
    if (added.length > 0) createTargetView(db, model, [...shown, ...added]);
    return { isView: true, columnChanges: added.map((column) => `+ ${column}`) };
  }
  if (isTargetTable(db, model) || !isEmpty(db, acceptedTableName(model))) {
    return { isView: false, columnChanges: ensureTargetTable(db, model, uniqueKey, columns) };
  }
  createTargetView(db, model, columns);
  return { isView: true, columnChanges: [] };
}

/**
 * Makes the target anew where another kind of model took its place for a while, or it is gone: it shows what is
 * accepted, as that was read. What was saved beside is not to be had any more. Call before anything is accepted.
 *
 * @returns Whether it was made.
 */
export function restoreTarget(db: DatabaseSync, model: string): boolean {
  const accepted = acceptedTableName(model);
  if (!findTableType(db, accepted) || isEmpty(db, accepted)) return false;
  if (isTrackedTarget(db, model)) return false;
  const columns = valueColumnsOf(db, accepted);
  createTargetView(db, model, columns);
  // Hashes are kept by rows that a view has shown, which have come once.
  const other = `SELECT 1 FROM ${quoteIdentifier(accepted)}
    WHERE ${ACCEPTED_HASH} IS NULL OR ${COPIES} > 1 LIMIT 1`;
  if (db.prepare(other).get()) detachTarget(db, model, columns);
  return true;
}

/**
 * Makes the target a table with all of these columns; one that is no longer saved stays, NULL in new rows.
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
  const shown = targetViewColumns(db, model);
  if (shown) detachTarget(db, model, shown);
  // The model was of another kind before: its rows were never acknowledged by anybody.
  else if (!isTargetTable(db, model)) dropTable(db, model);
  const known = columnsOf(db, model);
  if (known.length === 0) {
    const list = columnList(columns);
    db.exec(`CREATE TABLE ${target} (${list}, ${CONTENT_HASH} TEXT NOT NULL)`);
    createKeyIndex(db, model, uniqueKey);
    return [];
  }
  const added = columnsBeside(known, columns);
  refuseFullTable(`rows of ${model}`, withoutHash(known).length + added.length);
  for (const column of added) {
    db.exec(`ALTER TABLE ${target} ADD COLUMN ${quoteIdentifier(column)}`);
  }
  createKeyIndex(db, model, uniqueKey);
  return added.map((column) => `+ ${column}`);
}

/**
 * Takes columns off the target that none of its rows has any more: who still read them would find NULL everywhere,
 * and not that they are gone. Call where all accepted rows have just these columns.
 *
 * @returns How the columns changed: `"- phone"`.
 */
export function dropGoneColumns(
  db: DatabaseSync,
  model: string,
  uniqueKey: readonly string[],
  columns: readonly string[],
): string[] {
  const gone = columnsBeside(columns, targetColumnsOf(db, model));
  if (gone.length === 0) return [];
  if (targetViewColumns(db, model)) createTargetView(db, model, columns);
  else remakeTable(db, model, uniqueKey, columns);
  return gone.map((column) => `- ${column}`);
}

/**
 * The same of a target that shows what is accepted, once none of that was read with other columns.
 *
 * @param columnsId That of the query's columns.
 */
export function dropShownColumns(
  db: DatabaseSync,
  { model, uniqueKey, columns, columnsId }: Comparison,
): string[] {
  const shown = targetViewColumns(db, model);
  if (!shown || columnsBeside(columns, shown).length === 0) return [];
  const other = db.prepare(
    `SELECT 1 FROM ${quoteIdentifier(acceptedTableName(model))} WHERE ${COLUMNS_ID} <> ? LIMIT 1`,
  ).get(BigInt(columnsId));
  return other ? [] : dropGoneColumns(db, model, uniqueKey, columns);
}

/** By a copy: SQLite drops or renames nothing that a view reads. */
function remakeTable(
  db: DatabaseSync,
  model: string,
  uniqueKey: readonly string[],
  columns: readonly string[],
): void {
  const list = `${columnList(columns)}, ${CONTENT_HASH}`;
  const copy = temp("spoor.kept_columns");
  const target = quoteIdentifier(model);
  db.exec(`CREATE TABLE ${copy} AS SELECT ${list} FROM ${target}`);
  dropTable(db, model);
  ensureTargetTable(db, model, uniqueKey, columns);
  db.exec(`INSERT INTO ${target} (${list}) SELECT ${list} FROM ${copy}; DROP TABLE ${copy}`);
}

/** The columns that a tracked target has beside its hash; none where it is another kind's, and will be made anew. */
export function targetColumnsOf(db: DatabaseSync, model: string): string[] {
  return isTrackedTarget(db, model) ? withoutHash(columnsOf(db, model)) : [];
}

function withoutHash(columns: readonly string[]): string[] {
  return columns.filter((column) => column !== CONTENT_HASH);
}

/** @throws {UserError} A table cannot have so many columns. */
export function refuseFullTable(what: string, columns: number): void {
  if (columns <= MAX_COLUMNS) return;
  throw new UserError(
    `Cannot save ${what}: the table would have ${columns} columns with it, and a table takes ${MAX_COLUMNS}`,
    {
      hint: "Save what belongs together as one column: an object becomes JSON. " +
        "A column that was saved once stays",
    },
  );
}

/** Those columns that are not among the known. */
export function columnsBeside(known: readonly string[], columns: readonly string[]): string[] {
  const names = new Set(known.map(foldName));
  return columns.filter((column) => !names.has(foldName(column)));
}

/** Named by its columns, so that another unique key gets another index. */
function createKeyIndex(db: DatabaseSync, model: string, uniqueKey: readonly string[]): void {
  const name = quoteIdentifier(`spoor.key.${model}.${uniqueKey.join(".")}`);
  const list = columnList(uniqueKey);
  db.exec(`CREATE INDEX IF NOT EXISTS ${name} ON ${quoteIdentifier(model)} (${list})`);
}

/** @throws {UserError} A column would be one of Spoor's own. */
export function refuseOwnColumn(model: string, columns: readonly string[]): void {
  const own = columns.find((column) =>
    isSameName(column, CONTENT_HASH) || foldName(column).startsWith("_spoor_")
  );
  if (own === undefined) return;
  throw new UserError(`Cannot save rows of ${model}: "${own}" is a column of Spoor's own`, {
    hint: "Leave the column out, or give it another name",
  });
}
