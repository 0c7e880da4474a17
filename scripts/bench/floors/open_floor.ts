/**
 * Opens a floor's SQLite file as fast as is honest: a journal that survives a kill, no more.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";

/** WAL without a sync a transaction: what is committed survives the process, not a power cut. */
export function openFloor(path: string): DatabaseSync {
  const db = new DatabaseSync(path);
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
  return db;
}
