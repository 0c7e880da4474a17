/**
 * Accepts all changes of a comparison at once, inside SQLite: for tracked models that send nothing,
 * whose target is kept in step with their query (or with the rows that they saved).
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { quoteIdentifier } from "~/sql/identifiers.ts";
import type { SqlValue } from "~/warehouse/values.ts";
import {
  acceptedTableName,
  COLUMNS_ID,
  COPIES,
  NEW_TOKEN,
  ORDINAL,
  TOKEN,
} from "./accepted_table.ts";
import { type Comparison, keysAreEqual, temp } from "./comparison_sql.ts";
import { GroupHasher } from "./content_hash.ts";
import type { ChangeSet } from "./find_changes.ts";
import { CONTENT_HASH, ensureTargetTable } from "./target_table.ts";

/** Writes the groups that are new or changed. Call inside a transaction. Returns column changes. */
export function acceptAll(db: DatabaseSync, changes: ChangeSet): string[] {
  const c = changes.comparison;
  const columnChanges = ensureTargetTable(db, c.model, c.uniqueKey, c.columns);
  if (changes.new + changes.changed === 0) return columnChanges;
  if (changes.changed > 0) deleteGroups(db, c, c.keysTable);
  registerHash(db, c.columns);
  if (changes.rows === changes.new + changes.changed) acceptSingleRows(db, changes);
  else acceptGroups(db, c);
  return columnChanges;
}

/** Drops the groups that the query no longer has, from the target and from the accepted rows. */
export function forgetRemoved(db: DatabaseSync, changes: ChangeSet): void {
  const { comparison: c, removed, removedUnaccepted } = changes;
  if (removed > removedUnaccepted) deleteGroups(db, c, c.removedTable);
}

/** Deletes the groups whose keys are in a table, from the target and from the accepted rows. */
function deleteGroups(db: DatabaseSync, c: Comparison, keysTable: string): void {
  for (const table of [acceptedTableName(c.model), c.model]) {
    const keys = c.uniqueKey.map(quoteIdentifier).join(", ");
    db.exec(
      `DELETE FROM ${quoteIdentifier(table)} WHERE (${keys}) IN
       (SELECT ${keys} FROM ${temp(keysTable)})`,
    );
  }
}

/** Every group is one row: no grouping, which is most of the work for a million rows. */
function acceptSingleRows(
  db: DatabaseSync,
  { comparison: c, isInKeyOrder }: ChangeSet,
): void {
  const list = c.columns.map(quoteIdentifier).join(", ");
  const keys = c.uniqueKey.map(quoteIdentifier).join(", ");
  db.exec(
    `INSERT INTO ${acceptedColumns(c)} SELECT ${list}, 0, 1, ${NEW_TOKEN}, ${c.columnsId}
     FROM ${temp(c.rowsTable)} ORDER BY ${isInKeyOrder ? "rowid" : keys};
     INSERT INTO ${quoteIdentifier(c.model)} (${list}, ${CONTENT_HASH})
     SELECT ${list}, spoor_row_hash(${list}) FROM ${temp(c.rowsTable)} ORDER BY rowid`,
  );
}

function acceptGroups(db: DatabaseSync, c: Comparison): void {
  const list = c.columns.map(quoteIdentifier).join(", ");
  const keys = c.uniqueKey.map(quoteIdentifier).join(", ");
  const distinct = c.columns.map((column) => `+${quoteIdentifier(column)} COLLATE BINARY`).join(
    ", ",
  );
  const hashes = `${c.rowsTable}.hashes`;
  db.exec(
    `INSERT INTO ${acceptedColumns(c)}
     SELECT ${list}, row_number() OVER (PARTITION BY ${keys}) - 1, _spoor_n, ${NEW_TOKEN}, ${c.columnsId}
     FROM (SELECT ${list}, count(*) AS _spoor_n FROM ${temp(c.rowsTable)} GROUP BY ${distinct});
     CREATE TEMP TABLE ${
      quoteIdentifier(hashes)
    } (${keys}, _spoor_hash, PRIMARY KEY (${keys})) WITHOUT ROWID;
     INSERT INTO ${temp(hashes)} SELECT ${keys}, spoor_group_hash(${list})
       FROM ${temp(c.rowsTable)} GROUP BY ${keys};
     INSERT INTO ${quoteIdentifier(c.model)} (${list}, ${CONTENT_HASH})
       SELECT ${c.columns.map((column) => `r.${quoteIdentifier(column)}`).join(", ")}, h._spoor_hash
       FROM ${temp(c.rowsTable)} AS r JOIN ${temp(hashes)} AS h ON ${
      keysAreEqual(c.uniqueKey, "h", "r")
    }
       ORDER BY r.rowid;
     DROP TABLE ${temp(hashes)}`,
  );
}

function acceptedColumns(c: Comparison): string {
  const columns = [...c.columns, ORDINAL, COPIES, TOKEN, COLUMNS_ID].map(quoteIdentifier);
  return `${quoteIdentifier(acceptedTableName(c.model))} (${columns.join(", ")})`;
}

/**
 * The content hash as SQL functions: `spoor_row_hash(columns…)` of a row, `spoor_group_hash(columns…)`
 * of the rows of a group. Only what changed comes here.
 */
function registerHash(db: DatabaseSync, columns: readonly string[]): void {
  const hasher = new GroupHasher(columns);
  const asInput = { varargs: true, useBigIntArguments: true } as const;
  db.function("spoor_row_hash", asInput, (...row: unknown[]) => hasher.hash(row as SqlValue[]));
  const start = () => [] as SqlValue[];
  const step = (values: SqlValue[], ...row: SqlValue[]) => {
    values.push(...row);
    return values;
  };
  const result = (values: SqlValue[]) => hasher.hash(values);
  // The types of node:sqlite in Deno know numbers as the only state of an aggregate.
  const options = { start, step, result, ...asInput } as unknown;
  db.aggregate("spoor_group_hash", options as Parameters<DatabaseSync["aggregate"]>[1]);
}
