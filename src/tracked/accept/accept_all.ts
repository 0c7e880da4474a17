/**
 * Accepts all changes of a comparison at once, inside SQLite: for tracked models that send nothing,
 * whose target is kept in step with their query (or with the rows that they saved).
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { columnList, quoteIdentifier, temp } from "~/sql/identifiers.ts";
import { type Comparison, keysAreEqual } from "~/tracked/compare/comparison_sql.ts";
import type { ChangeSet } from "~/tracked/compare/find_changes.ts";
import { CONTENT_HASH, GroupHasher } from "~/tracked/content_hash.ts";
import { WideArguments } from "~/warehouse/statements/wide_arguments.ts";
import { findTableType } from "~/warehouse/tables.ts";
import type { SqlValue } from "~/warehouse/values.ts";
import { acceptedTableName } from "./accepted_table.ts";
import { insertGroupsSql, insertRowsSql } from "./insert_accepted.ts";
import { ensureTargetAsRead, ensureTargetTable } from "./target_table.ts";

/** Writes the groups that are new or changed. Call inside a transaction. Returns column changes. */
export function acceptAll(db: DatabaseSync, changes: ChangeSet): string[] {
  const c = changes.comparison;
  const target = ensureTargetAsRead(db, c.model, c.uniqueKey, c.columns);
  if (!target.isView) clearOrphans(db, c);
  if (changes.new + changes.changed === 0) return [...target.columnChanges];
  if (changes.changed > 0) deleteGroups(db, c, c.keysTable);
  const hash = hashCalls(db, c.columns);
  const areSingleRows = changes.rows === changes.new + changes.changed;
  if (target.isView) acceptIntoView(db, changes, areSingleRows, hash);
  else if (areSingleRows) acceptSingleRows(db, changes, hash);
  else acceptGroups(db, c, hash);
  return [...target.columnChanges];
}

/** Where what was accepted is gone, rows of the target are of groups that nothing knows any more. */
function clearOrphans(db: DatabaseSync, c: Comparison): void {
  db.exec(
    `DELETE FROM ${quoteIdentifier(c.model)}
     WHERE NOT EXISTS (SELECT 1 FROM ${quoteIdentifier(acceptedTableName(c.model))})`,
  );
}

/** Drops the groups that the query no longer has, from the target and from the accepted rows. */
export function forgetRemoved(db: DatabaseSync, changes: ChangeSet): void {
  const { comparison: c, removed, removedUnaccepted } = changes;
  if (removed > removedUnaccepted) deleteGroups(db, c, c.removedTable);
}

/** Deletes the groups whose keys are in a table, from the target and from the accepted rows. */
function deleteGroups(db: DatabaseSync, c: Comparison, keysTable: string): void {
  for (const table of [acceptedTableName(c.model), c.model]) {
    if (findTableType(db, table) !== "table") continue;
    const keys = columnList(c.uniqueKey);
    db.exec(
      `DELETE FROM ${quoteIdentifier(table)} WHERE (${keys}) IN
       (SELECT ${keys} FROM ${temp(keysTable)})`,
    );
  }
}

/** The target shows what is accepted, as long as no row came twice. */
function acceptIntoView(
  db: DatabaseSync,
  changes: ChangeSet,
  areSingleRows: boolean,
  hash: HashCalls,
): void {
  const { comparison: c, rows } = changes;
  if (areSingleRows) {
    db.exec(insertSingleRowsSql(db, changes, hash.ofRow));
    return;
  }
  const hashes = fillHashes(db, c, hash);
  const accepted = db.prepare(insertAllGroupsSql(c, hashes)).run().changes;
  db.exec(`DROP TABLE ${temp(hashes)}`);
  if (Number(accepted) < rows) ensureTargetTable(db, c.model, c.uniqueKey, c.columns);
}

/** Every group is one row. */
function acceptSingleRows(db: DatabaseSync, changes: ChangeSet, hash: HashCalls): void {
  const c = changes.comparison;
  const list = columnList(c.columns);
  db.exec(
    `${insertSingleRowsSql(db, changes)};
     INSERT INTO ${quoteIdentifier(c.model)} (${list}, ${CONTENT_HASH})
     SELECT ${list}, ${hash.ofRow} FROM ${temp(c.rowsTable)} ORDER BY ${c.place}`,
  );
}

function acceptGroups(db: DatabaseSync, c: Comparison, hash: HashCalls): void {
  const list = columnList(c.columns);
  const hashes = fillHashes(db, c, hash);
  db.exec(
    `${insertAllGroupsSql(c)};
     INSERT INTO ${quoteIdentifier(c.model)} (${list}, ${CONTENT_HASH})
       SELECT ${columnList(c.columns, "r")}, h._spoor_hash
       FROM ${temp(c.rowsTable)} AS r JOIN ${temp(hashes)} AS h ON ${
      keysAreEqual(c.uniqueKey, "h", "r")
    }
       ORDER BY r.${c.place};
     DROP TABLE ${temp(hashes)}`,
  );
}

function insertSingleRowsSql(
  db: DatabaseSync,
  { comparison: c, isInKeyOrder }: ChangeSet,
  hash?: string,
): string {
  const order = isInKeyOrder ? c.place : columnList(c.uniqueKey);
  return insertRowsSql(db, c, `FROM ${temp(c.rowsTable)} ORDER BY ${order}`, hash);
}

/** @param hashes A table that `fillHashes` made, where hashes are to be kept. */
function insertAllGroupsSql(c: Comparison, hashes?: string): string {
  const list = columnList(c.columns);
  const rows = `SELECT ${list}, count(*) AS _spoor_n FROM ${temp(c.rowsTable)}`;
  const hash = hashes &&
    `(SELECT _spoor_hash FROM ${temp(hashes)} AS h WHERE ${keysAreEqual(c.uniqueKey, "h", "r")})`;
  return insertGroupsSql(c, rows, hash);
}

/** Makes a temporary table of the groups' hashes, by their keys. */
function fillHashes(db: DatabaseSync, c: Comparison, hash: HashCalls): string {
  const name = `${c.rowsTable}.hashes`;
  const keys = columnList(c.uniqueKey);
  db.exec(
    `CREATE TEMP TABLE ${
      quoteIdentifier(name)
    } (${keys}, _spoor_hash, PRIMARY KEY (${keys})) WITHOUT ROWID;
     INSERT INTO ${temp(name)} SELECT ${keys}, ${hash.ofGroup}
       FROM ${temp(c.rowsTable)} GROUP BY ${keys}`,
  );
  return name;
}

/** SQL of content hashes. */
interface HashCalls {
  /** Of a row. */
  ofRow: string;
  /** Of the rows of a group; an aggregate. */
  ofGroup: string;
}

/** Registers the functions. Only what changed comes to them. */
function hashCalls(db: DatabaseSync, columns: readonly string[]): HashCalls {
  const hasher = new GroupHasher(columns);
  const asInput = { varargs: true, useBigIntArguments: true } as const;
  const ofRow = new WideArguments(db, "spoor_row_hash");
  const hashRow = (...row: unknown[]) => hasher.hash(ofRow.take(row as SqlValue[]));
  db.function(ofRow.name, asInput, hashRow);
  const ofGroup = new WideArguments(db, "spoor_group_hash");
  const start = () => [] as SqlValue[];
  const step = (values: SqlValue[], ...row: SqlValue[]) => {
    for (const value of ofGroup.take(row)) values.push(value);
    return values;
  };
  const result = (values: SqlValue[]) => hasher.hash(values);
  // The types of node:sqlite in Deno know numbers as the only state of an aggregate.
  const options = { start, step, result, ...asInput } as unknown;
  db.aggregate(ofGroup.name, options as Parameters<DatabaseSync["aggregate"]>[1]);
  const names = columns.map(quoteIdentifier);
  return { ofRow: ofRow.call(names), ofGroup: ofGroup.call(names) };
}
