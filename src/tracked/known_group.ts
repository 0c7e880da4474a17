/**
 * Looks a group up among those that the far side has accepted.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { quoteIdentifier } from "~/sql/identifiers.ts";
import { prepareArrayRows, readRow } from "~/warehouse/array_rows.ts";
import { columnsOf, findTableType } from "~/warehouse/tables.ts";
import { type SqlValue, toBound } from "~/warehouse/values.ts";
import { acceptedKeyOf, acceptedTableName } from "./accepted_table.ts";
import { CONTENT_HASH } from "./content_hash.ts";
import { encodeGroupKey } from "./group_key.ts";
import { SHOWN_HASH, targetViewColumns } from "./target_view.ts";

/** The columns of a model's `@unique_key` as its tables have them; `undefined` where it has no table. */
export function keyColumnsOf(db: DatabaseSync, model: string): string[] | undefined {
  const accepted = acceptedKeyOf(db, model);
  if (accepted.length > 0) return accepted;
  const index = db.prepare("SELECT name FROM pragma_index_list(?) WHERE name LIKE 'spoor.key.%'")
    .get(model);
  if (!index) return undefined;
  return db.prepare("SELECT name FROM pragma_index_info(?) ORDER BY seqno").all(String(index.name))
    .map(({ name }) => String(name));
}

/** Whether a group is accepted, and the hash of what was. */
export function findAccepted(
  db: DatabaseSync,
  model: string,
  columns: readonly string[],
  key: readonly SqlValue[],
): { hash: string | undefined } | undefined {
  const accepted = acceptedTableName(model);
  if (targetViewColumns(db, model)) {
    // The view itself cannot be asked by the rowid.
    const row = findRow(db, accepted, SHOWN_HASH, columns, key);
    return row && { hash: String(row.at(-1)) };
  }
  const hash = hashInTarget(db, model, columns, key);
  if (!findTableType(db, accepted)) return hash === undefined ? undefined : { hash };
  return findRow(db, accepted, "1", columns, key) ? { hash } : undefined;
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
  const list = columns.map(quoteIdentifier).join(", ");
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
  return row && String(row.at(-1));
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
