/**
 * All or nothing.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";

/**
 * Runs `work` in one transaction: committed when it returns, rolled back when it throws.
 *
 * `BEGIN IMMEDIATE`, because a deferred transaction that reads first and then writes fails at once
 * with SQLITE_BUSY_SNAPSHOT when another process wrote meanwhile, whatever the busy timeout.
 */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    rollBack(db);
    throw error;
  }
}

const ROLLBACKS = new WeakMap<DatabaseSync, number>();

/** Undoes the transaction; a full disk may have done so already. */
export function rollBack(db: DatabaseSync): void {
  if (db.isTransaction) db.exec("ROLLBACK");
  ROLLBACKS.set(db, rollbacksOf(db) + 1);
}

/** How often a transaction was undone: what was learnt of its rows before may no longer hold. */
export function rollbacksOf(db: DatabaseSync): number {
  return ROLLBACKS.get(db) ?? 0;
}
