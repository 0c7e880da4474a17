/**
 * Whether two tables hold the same rows, whatever their order.
 *
 * A rebuild mostly gives the rows in the order of the last time, so rows are first compared by
 * `rowid`, in one scan; only those that differ there are compared as sets.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { quoteIdentifier } from "~/sql/identifiers.ts";
import { joinConditions } from "~/sql/join_conditions.ts";
import { findRowidName } from "./rowid_name.ts";
import { columnsOf, countFrom, countRows } from "./tables.ts";

/** Compares two tables by column names, storage classes and values; 1 and 1.0 are the same. */
export function hasSameRows(db: DatabaseSync, before: string, after: string): boolean {
  const columns = columnsOf(db, after);
  if (columns.join("\0") !== columnsOf(db, before).join("\0")) return false;
  if (countRows(db, before) !== countRows(db, after)) return false;
  const rowid = findRowidName(columns);
  if (rowid === undefined) return hasSameRowSets(db, before, after, columns);
  const differing = findDifferingRowids(db, before, after, columns, rowid);
  return differing === 0 || hasSameRowSets(db, before, after, columns, rowid);
}

/** Places at which the rows differ. */
const DIFFERING_TABLE = `temp."spoor.differing"`;

function findDifferingRowids(
  db: DatabaseSync,
  before: string,
  after: string,
  columns: readonly string[],
  rowid: string,
): number {
  db.exec(`DROP TABLE IF EXISTS ${DIFFERING_TABLE}`);
  db.exec(
    `CREATE TEMP TABLE "spoor.differing" AS SELECT a.${rowid} AS id FROM ${
      quoteIdentifier(after)
    } AS a
     LEFT JOIN ${quoteIdentifier(before)} AS b ON b.${rowid} = a.${rowid}
     WHERE b.${rowid} IS NULL OR ${joinConditions(columns.map(differs), "OR")}`,
  );
  return countFrom(db, DIFFERING_TABLE);
}

/** Unary `+` takes a column's affinity off, so that '1' and 1 differ; collations are set aside. */
function differs(column: string): string {
  const name = quoteIdentifier(column);
  return `+a.${name} COLLATE BINARY IS NOT +b.${name}`;
}

/**
 * Rows at the differing places, or all rows, as multisets. Both tables have the same number of rows
 * and agree everywhere else, so what is left on each side must be the same.
 */
function hasSameRowSets(
  db: DatabaseSync,
  before: string,
  after: string,
  columns: readonly string[],
  rowid?: string,
): boolean {
  const places = rowid === undefined ? "" : `WHERE ${rowid} IN (SELECT id FROM ${DIFFERING_TABLE})`;
  const list = columns.map((column) => `+${quoteIdentifier(column)} COLLATE BINARY`).join(", ");
  const numbers = columns.map((_, index) => index + 1).join(", ");
  const counted = (table: string) =>
    `SELECT ${list}, count(*) FROM ${quoteIdentifier(table)} ${places} GROUP BY ${numbers}`;
  const missing = db.prepare(
    `SELECT 1 FROM (${counted(after)} EXCEPT ${counted(before)}) LIMIT 1`,
  ).get();
  return missing === undefined;
}
