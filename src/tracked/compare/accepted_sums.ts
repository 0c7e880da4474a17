/**
 * Sums over a model's accepted rows, which take a scan of all of them.
 *
 * They do not depend on the query, so they are made ahead, while the model's process starts and its
 * query is not known yet. What was made ahead is used only if SQLite says that nothing was written
 * since, by this connection or by any other.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { acceptedTableName, hasOneRowEach } from "~/tracked/accept/accepted_table.ts";
import { findTableType } from "~/warehouse/tables.ts";
import { acceptedSumsSql } from "./comparison_sql.ts";

/** How many copies of rows, and the sums of the halves of their tokens. */
export interface Sums {
  matched: number;
  low: number;
  high: number;
}

/** Sums of accepted rows, and how many groups they make. */
export interface AcceptedSums extends Sums {
  groups: number;
  /** Rows of the largest of them. */
  largest: number;
}

interface Ahead {
  sums: AcceptedSums;
  stamp: string;
}

/** What was made ahead on a connection, by model. */
const AHEAD = new WeakMap<DatabaseSync, Map<string, Ahead>>();

/** Sums a model's accepted rows ahead. What fails here fails again where it is needed. */
export function sumAcceptedAhead(db: DatabaseSync, model: string): void {
  const ofDatabase = AHEAD.get(db) ?? new Map<string, Ahead>();
  AHEAD.set(db, ofDatabase);
  try {
    if (!findTableType(db, acceptedTableName(model))) return;
    const stamp = stampOf(db);
    ofDatabase.set(model, { sums: sum(db, model), stamp });
  } catch {
    ofDatabase.delete(model);
  }
}

/** Sums all accepted rows of a model. */
export function sumAccepted(db: DatabaseSync, model: string): AcceptedSums {
  const ahead = AHEAD.get(db)?.get(model);
  AHEAD.get(db)?.delete(model);
  return ahead?.stamp === stampOf(db) ? ahead.sums : sum(db, model);
}

/** Reads a row of `acceptedSumsSql`. */
function toAcceptedSums(row: Record<string, unknown>): AcceptedSums {
  return { ...toSums(row), groups: Number(row.groups), largest: Number(row.largest) };
}

/** Reads a row of sums. */
export function toSums(row: Record<string, unknown>): Sums {
  return { matched: Number(row.matched), low: Number(row.low), high: Number(row.high) };
}

function sum(db: DatabaseSync, model: string): AcceptedSums {
  const hasOne = hasOneRowEach(db, acceptedTableName(model));
  return toAcceptedSums(db.prepare(acceptedSumsSql(model, hasOne)).get() ?? {});
}

/** Moves with every row and table that this connection writes, and with every commit of another. */
function stampOf(db: DatabaseSync): string {
  const rows = db.prepare("SELECT total_changes() AS n").get()?.n;
  const tables = db.prepare("PRAGMA main.schema_version").get()?.schema_version;
  const others = db.prepare("PRAGMA main.data_version").get()?.data_version;
  return `${rows} ${tables} ${others}`;
}
