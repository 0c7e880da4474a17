/**
 * Writes down what the far side was found to hold: groups that are the same are accepted as the query has
 * them; of those that differ, the far side's rows are kept, in doubt, so that they count as changed from
 * these; those that are not there count as new.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { columnList, quoteIdentifier, temp } from "~/sql/identifiers.ts";
import { acceptAll, forgetRemoved } from "~/tracked/accept/accept_all.ts";
import {
  acceptedTableName,
  COLUMNS_ID,
  COPIES,
  DOUBTED_COLUMNS_ID,
  fitAcceptedTable,
  hasOneRowEach,
  NEW_TOKEN,
  ORDINAL,
  ownInsert,
  TOKEN,
} from "~/tracked/accept/accepted_table.ts";
import { isTargetView, keepTargetView } from "~/tracked/accept/target_view.ts";
import type { Comparison } from "~/tracked/compare/comparison_sql.ts";
import type { ChangeSet } from "~/tracked/compare/find_changes.ts";
import { queryFormSql } from "./far_values.ts";
import { createFarSideOfDiffering, type FarComparison } from "./match_far_rows.ts";

/**
 * Writes it. Call inside a transaction, when groups have their verdicts.
 *
 * @returns Whether the target's content moved.
 */
export function adoptGroups(db: DatabaseSync, changes: ChangeSet, far: FarComparison): boolean {
  const accepted = acceptSame(db, changes, far);
  const forgotten = forgetOthers(db, changes.comparison, far);
  const kept = keepFarSide(db, changes, far);
  return accepted + forgotten + kept > 0;
}

/** Those of the new and changed groups that the far side holds as they are. Returns how many. */
function acceptSame(db: DatabaseSync, changes: ChangeSet, far: FarComparison): number {
  const { rowsTable, keysTable, uniqueKey } = changes.comparison;
  const keys = columnList(uniqueKey);
  for (const table of [rowsTable, keysTable]) {
    db.exec(`DELETE FROM ${temp(table)} WHERE (${keys}) NOT IN (${keysWhere(far, "same")})`);
  }
  const { rows, groups } = countIn(db, rowsTable, keys);
  const hasChanged = changes.changed > 0;
  const counts = hasChanged ? { new: 0, changed: groups } : { new: groups, changed: 0 };
  acceptAll(db, { ...changes, ...counts, rows });
  return groups;
}

/**
 * What was accepted of groups that differ is not what the far side has; what is not there, is nowhere.
 *
 * @returns How many rows the target has lost.
 */
function forgetOthers(
  db: DatabaseSync,
  { model, uniqueKey }: Comparison,
  far: FarComparison,
): number {
  const keys = columnList(uniqueKey);
  const remove = (table: string, which: string) =>
    db.prepare(
      `DELETE FROM ${quoteIdentifier(table)} WHERE (${keys}) IN (${keysWhere(far, which)})`,
    ).run().changes;
  const accepted = acceptedTableName(model);
  // A target that is a view of the accepted rows loses what they lose.
  const lost = remove(isTargetView(db, model) ? accepted : model, "there = 0");
  remove(accepted, "NOT same");
  return Number(lost);
}

/**
 * A group that the target has already keeps what was saved of it: a remote id, say.
 *
 * @returns How many groups came into the target.
 */
function keepFarSide(db: DatabaseSync, changes: ChangeSet, far: FarComparison): number {
  const c = changes.comparison;
  const rowsTable = `${far.groupsTable}.far`;
  const keysTable = `${rowsTable}.keys`;
  createFarSideOfDiffering(db, far, rowsTable);
  const keys = columnList(c.uniqueKey);
  const all = countIn(db, rowsTable, keys);
  const hasOne = hasOneRowEach(db, acceptedTableName(c.model));
  if (hasOne && all.rows !== all.groups) {
    keepTargetView(db, c.model, () => fitAcceptedTable(db, c.model, c.uniqueKey, false));
  }
  db.exec(`CREATE TEMP TABLE ${quoteIdentifier(keysTable)} (${keys})`);
  if (!isTargetView(db, c.model)) keepBesideTarget(db, c, rowsTable);
  const { rows, groups } = countIn(db, rowsTable, keys);
  const comparison = { ...c, rowsTable, keysTable, columnsId: -c.columnsId };
  acceptAll(db, {
    ...changes,
    comparison,
    new: groups,
    changed: 0,
    rows,
    isInKeyOrder: false,
  });
  db.exec(`DROP TABLE ${temp(rowsTable)}; DROP TABLE ${temp(keysTable)}`);
  return groups;
}

/** The far side's rows of groups that the target has are accepted alone: these are done then. */
function keepBesideTarget(db: DatabaseSync, c: Comparison, rowsTable: string): void {
  const accepted = acceptedTableName(c.model);
  const keys = columnList(c.uniqueKey);
  const list = columnList(c.columns);
  const own = hasOneRowEach(db, accepted) ? ownInsert(db, accepted, -c.columnsId) : {
    columns: `, ${ORDINAL}, ${COPIES}, ${TOKEN}, ${COLUMNS_ID}`,
    values: `, row_number() OVER (PARTITION BY ${keys}) - 1, 1, ${NEW_TOKEN}, ${-c.columnsId}`,
  };
  const isInTarget = `(${keys}) IN (SELECT ${keys} FROM ${quoteIdentifier(c.model)})`;
  db.exec(
    `INSERT INTO ${quoteIdentifier(accepted)} (${list}${own.columns})
       SELECT ${list}${own.values} FROM ${temp(rowsTable)} WHERE ${isInTarget};
     DELETE FROM ${temp(rowsTable)} WHERE ${isInTarget}`,
  );
}

/**
 * Of the groups that were accepted and left the query, those that the far side lacks are forgotten. The
 * others stay, in doubt: what the far side holds of them was not looked at.
 *
 * @returns How many it still has.
 */
export function forgetRemovedNotThere(
  db: DatabaseSync,
  changes: ChangeSet,
  far: FarComparison,
): number {
  const { comparison: c, removed } = changes;
  const keys = c.uniqueKey.map(quoteIdentifier);
  const there = c.uniqueKey.map((_, i) => `k${i}`).join(", ");
  const inForm = c.uniqueKey.map((key, i) => queryFormSql(far.forms?.get(key), keys[i] ?? ""));
  const accepted = quoteIdentifier(acceptedTableName(c.model));
  const list = keys.join(", ");
  const those = `(${list}) IN (SELECT ${list} FROM ${temp(c.removedTable)})`;
  db.exec(
    `UPDATE ${accepted} SET ${COLUMNS_ID} = ${DOUBTED_COLUMNS_ID} WHERE ${those};
     DELETE FROM ${temp(c.removedTable)} WHERE (${inForm.join(", ")}) IN
       (SELECT ${there} FROM ${temp(far.farTable)})`,
  );
  const gone = Number(db.prepare(`SELECT count(*) AS n FROM ${temp(c.removedTable)}`).get()?.n);
  // What only a try is known of has nothing to forget.
  forgetRemoved(db, { ...changes, removed: gone, removedUnaccepted: 0 });
  db.exec(`DELETE FROM ${temp(c.removedTable)}`);
  return removed - gone;
}

function keysWhere({ groupsTable, uniqueKey }: FarComparison, which: string): string {
  const keys = uniqueKey.map((_, i) => `q${i}`).join(", ");
  return `SELECT ${keys} FROM ${temp(groupsTable)} WHERE ${which}`;
}

function countIn(
  db: DatabaseSync,
  table: string,
  keys: string,
): { rows: number; groups: number } {
  const row = db.prepare(
    `SELECT (SELECT count(*) FROM ${temp(table)}) AS n,
     (SELECT count(*) FROM (SELECT DISTINCT ${keys} FROM ${temp(table)})) AS g`,
  ).get();
  return { rows: Number(row?.n), groups: Number(row?.g) };
}
