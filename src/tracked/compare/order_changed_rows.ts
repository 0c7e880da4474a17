/**
 * Brings the changed rows into the order in which they are sent: rows of a group beside each
 * other, groups in the order in which the query gave them. First of all come those whose last try was cut
 * off, batch by batch and in the order in which they went out: the same request again. Last come those that
 * were refused before, and those that were repeated so in vain, so that a loop that ends at one of them has done
 * the others.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { columnList, quoteIdentifier, temp } from "~/sql/identifiers.ts";
import { countFrom } from "~/warehouse/tables.ts";
import { type Comparison, keysAreEqual } from "./comparison_sql.ts";

/** What the changed rows make. */
export interface ChangedRows {
  rows: number;
  groups: number;
  /** Each key is greater than the one before it; so each group is one row. */
  isInKeyOrder: boolean;
}

/** See the module's comment. */
export function orderChangedRows(db: DatabaseSync, c: Comparison): ChangedRows {
  const rows = countFrom(db, temp(c.rowsTable));
  const isInKeyOrder = areInKeyOrder(db, c);
  const groups = isInKeyOrder ? rows : countGroups(db, c);
  const tried = countFrom(db, temp(c.triedTable));
  if (rows === groups && tried === 0) return { rows, groups, isInKeyOrder };
  sortRows(db, c);
  return { rows, groups, isInKeyOrder: false };
}

/** Most queries give their rows so; to look is far cheaper than to count the keys. */
function areInKeyOrder(db: DatabaseSync, c: Comparison): boolean {
  const keyOf = (row: string) => columnList(c.uniqueKey, row);
  const rows = temp(c.rowsTable);
  return db.prepare(
    `SELECT 1 FROM ${rows} AS r CROSS JOIN ${rows} AS n ON n.${c.place} = r.${c.place} + 1
     WHERE (${keyOf("n")}) <= (${keyOf("r")}) LIMIT 1`,
  ).get() === undefined;
}

function countGroups(db: DatabaseSync, c: Comparison): number {
  const keys = columnList(c.uniqueKey);
  return countFrom(db, `(SELECT DISTINCT ${keys} FROM ${temp(c.rowsTable)})`);
}

function sortRows(db: DatabaseSync, c: Comparison): void {
  const sorted = `${c.rowsTable}.sorted`;
  const columns = columnList(c.columns);
  const partition = c.uniqueKey.map((key) => `r.${quoteIdentifier(key)} COLLATE BINARY`).join(", ");
  db.exec(
    `CREATE TEMP TABLE ${quoteIdentifier(sorted)} (${columns});
     INSERT INTO ${temp(sorted)} SELECT ${columnList(c.columns, "r")}
     FROM (SELECT *, ${c.place} AS _spoor_row FROM ${temp(c.rowsTable)}) AS r
     LEFT JOIN ${temp(c.triedTable)} AS t ON ${keysAreEqual(c.uniqueKey, "t", "r")}
     ORDER BY CASE WHEN t._spoor_batch IS NULL THEN 1 WHEN t._spoor_batch = 0 THEN 2
       WHEN t._spoor_late THEN 3 ELSE 0 END,
       abs(t._spoor_batch), t._spoor_batch, iif(t._spoor_batch, t._spoor_place, 0),
       min(r._spoor_row) OVER (PARTITION BY ${partition}), r._spoor_row;
     DROP TABLE ${temp(c.rowsTable)};
     ALTER TABLE ${temp(sorted)} RENAME TO ${quoteIdentifier(c.rowsTable)}`,
  );
}
