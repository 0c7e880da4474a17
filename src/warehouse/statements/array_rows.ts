/**
 * Statements whose rows are arrays: faster than objects, and two columns of one name stay two.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type BoundValue, fromRead, type SqlValue } from "~/warehouse/values.ts";

/** A statement that gives arrays. The types of `node:sqlite` in Deno lack `setReturnArrays`. */
interface ArrayStatement {
  setReturnArrays(enabled: boolean): void;
  setReadBigInts(enabled: boolean): void;
  all(...params: BoundValue[]): unknown[][];
  iterate(...params: BoundValue[]): IterableIterator<unknown[]>;
}

/** Prepares a statement whose rows are arrays of `SqlValue` (after `readRow`). */
export function prepareArrayRows(db: DatabaseSync, sql: string): ArrayStatement & StatementSync {
  const statement = db.prepare(sql) as unknown as ArrayStatement & StatementSync;
  statement.setReturnArrays(true);
  statement.setReadBigInts(true);
  return statement;
}

/** Turns a fetched row into values: integers that fit become numbers. */
export function readRow(row: readonly unknown[]): SqlValue[] {
  return row.map(fromRead);
}
