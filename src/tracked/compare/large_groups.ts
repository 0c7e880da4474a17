/**
 * Accepted groups of many rows, laid out to be looked up by their values.
 *
 * The table of accepted rows finds a group by its key, and then looks through its rows: with n of them n² times.
 * Rows of groups that are larger than some dozens are therefore copied, for the time of a comparison, to where an
 * index has their values.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { columnList, quoteIdentifier, temp } from "~/sql/identifiers.ts";
import { acceptedTableName, COLUMNS_ID, ORDINAL, TOKEN } from "~/tracked/accept/accepted_table.ts";
import { type Comparison, isKey, keysAreEqual } from "./comparison_sql.ts";
import { createKeyTable } from "./key_table.ts";

/**
 * Rows up to which a group is looked through. Measured with 200,000 rows: laid out, groups of any size take what those
 * of 16 take to be looked through, 330 ms; looked through, those of 32 take 580 and those of 64 1,060. But one large
 * group among those of 2 rows makes all take a fifth longer, so that a few that are not much larger stay as they are.
 */
const LOOKED_THROUGH = 32;

/** SQLite takes 2,000 (https://www.sqlite.org/limits.html#max_column); rows that so many do not tell apart are rare. */
const COLUMNS_IN_INDEX = 100;

/** @param largest Rows of the largest group that was accepted. */
export function haveLargeGroups(largest: number): boolean {
  return largest > LOOKED_THROUGH;
}

/** Fills the tables that `Comparison.large` names. */
export function layOutLargeGroups(db: DatabaseSync, c: Comparison): void {
  const { model, uniqueKey, columns, columnsId, large } = c;
  if (!large) return;
  const accepted = quoteIdentifier(acceptedTableName(model));
  const indexed = [...uniqueKey, ...columns.filter((column) => !isKey(c, column))];
  createKeyTable(db, uniqueKey, large.keysTable);
  db.exec(
    `INSERT OR IGNORE INTO ${temp(large.keysTable)}
       SELECT ${columnList(uniqueKey)} FROM ${accepted} WHERE ${ORDINAL} >= ${LOOKED_THROUGH};
     CREATE TEMP TABLE ${temp(large.rowsTable)} (${columnList(columns)}, ${TOKEN});
     INSERT INTO ${temp(large.rowsTable)}
       SELECT ${columnList(columns, "a")}, a.${TOKEN}
       FROM ${temp(large.keysTable)} AS k JOIN ${accepted} AS a ON ${
      keysAreEqual(uniqueKey, "a", "k")
    }
       WHERE a.${COLUMNS_ID} = ${columnsId};
     CREATE INDEX ${temp(`${large.rowsTable}.by_values`)} ON ${quoteIdentifier(large.rowsTable)}
       (${columnList(indexed.slice(0, COLUMNS_IN_INDEX))})`,
  );
}
