/**
 * Looks a group up among those that the far side has accepted.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { columnList, quoteIdentifier } from "~/sql/identifiers.ts";
import { CONTENT_HASH, HASH_VERSION } from "~/tracked/content_hash.ts";
import { encodeGroupKey } from "~/tracked/group_key.ts";
import { GROUP_KEY, registerGroupKey } from "~/tracked/group_key_sql.ts";
import { prepareArrayRows, readRow } from "~/warehouse/statements/array_rows.ts";
import { columnsOf, findTableType } from "~/warehouse/tables.ts";
import { type SqlValue, toBound } from "~/warehouse/values.ts";
import { acceptedTableName, COLUMNS_ID } from "./accepted_table.ts";
import { SHOWN_HASH, targetViewColumns } from "./target_view.ts";

/** What is known of a group that was accepted. */
export interface AcceptedGroup {
  hash: string | undefined;
  /** Its rows are no longer known to be what the far side has. */
  isInDoubt: boolean;
}

/** Whether a group is accepted, and the hash of what was. */
export function findAccepted(
  db: DatabaseSync,
  model: string,
  columns: readonly string[],
  key: readonly SqlValue[],
): AcceptedGroup | undefined {
  const accepted = acceptedTableName(model);
  const isInDoubt = findTableType(db, accepted) === "table" &&
    Number(findRow(db, accepted, COLUMNS_ID, columns, key)?.at(-1) ?? 1) <= 0;
  if (targetViewColumns(db, model)) {
    // The view itself cannot be asked by the rowid.
    const row = findRow(db, accepted, SHOWN_HASH, columns, key);
    return row && { hash: String(row.at(-1)), isInDoubt };
  }
  const hash = hashInTarget(db, model, columns, key);
  if (!findTableType(db, accepted)) return hash === undefined ? undefined : { hash, isInDoubt };
  return findRow(db, accepted, "1", columns, key) ? { hash, isInDoubt } : undefined;
}

/**
 * How many groups are in doubt, and neither tried nor waiting to be: the last run that compared has found that
 * they have left the query.
 */
export function countDoubtedGone(
  db: DatabaseSync,
  model: string,
  columns: readonly string[],
): number {
  const accepted = acceptedTableName(model);
  if (columns.length === 0 || !findTableType(db, accepted)) return 0;
  registerGroupKey(db);
  const row = db.prepare(
    `SELECT count(*) AS n FROM (
       SELECT ${GROUP_KEY}(${columnList(columns)})
         FROM ${quoteIdentifier(accepted)} WHERE ${COLUMNS_ID} <= 0
       EXCEPT SELECT group_key FROM "spoor.changes" WHERE model = ?)`,
  ).get(model);
  return Number(row?.n);
}

/** Keys of accepted groups next to a value that is none, for one column. */
export function acceptedKeysAround(
  db: DatabaseSync,
  model: string,
  columns: readonly string[],
  key: readonly SqlValue[],
  limit: number,
): string[] {
  const [column] = columns;
  const table = acceptedTableName(model);
  if (column === undefined || !findTableType(db, table)) return [];
  const list = columnList(columns);
  const side = (sign: string, order: string) =>
    prepareArrayRows(
      db,
      `SELECT ${list} FROM ${quoteIdentifier(table)} WHERE ${quoteIdentifier(column)} ${sign} ?
       ORDER BY ${quoteIdentifier(column)} ${order} LIMIT ${limit}`,
    ).all(toBound(key[0] ?? null)).map((row) => encodeGroupKey(readRow(row)));
  return [...side(">=", "ASC"), ...side("<", "DESC")];
}

function hashInTarget(
  db: DatabaseSync,
  model: string,
  columns: readonly string[],
  key: readonly SqlValue[],
): string | undefined {
  if (!columnsOf(db, model).includes(CONTENT_HASH)) return undefined;
  const row = findRow(db, model, CONTENT_HASH, columns, key);
  // The version alone: the row was made from what is accepted, where no hash is kept (`restoreTarget`).
  return row && String(row.at(-1)) !== `${HASH_VERSION}:` ? String(row.at(-1)) : undefined;
}

/**
 * The key and one value more of a group's row. A rowid takes '7' for 7, so what was found is compared once
 * more.
 */
function findRow(
  db: DatabaseSync,
  table: string,
  value: string,
  columns: readonly string[],
  key: readonly SqlValue[],
): SqlValue[] | undefined {
  const names = columns.map(quoteIdentifier);
  const found = prepareArrayRows(
    db,
    `SELECT ${names.join(", ")}, ${value} FROM ${quoteIdentifier(table)} AS a
     WHERE ${names.map((name) => `${name} = ?`).join(" AND ")} LIMIT 1`,
  ).all(...key.map(toBound))[0];
  const row = found && readRow(found);
  const isSame = row &&
    encodeGroupKey(row.slice(0, columns.length)) === encodeGroupKey(key);
  return isSame ? row : undefined;
}
