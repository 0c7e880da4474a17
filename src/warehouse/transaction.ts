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
    // A full disk may have rolled back already; then there is nothing left to undo.
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}
