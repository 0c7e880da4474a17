/**
 * Statements that are prepared once a connection: preparing costs ten times what most of them do.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";

const CACHES = new WeakMap<DatabaseSync, Map<string, StatementSync>>();

/** Gives the statement of this text; only for texts that do not grow in number with the data. */
export function cachedStatement(db: DatabaseSync, sql: string): StatementSync {
  let cache = CACHES.get(db);
  if (!cache) CACHES.set(db, cache = new Map());
  let statement = cache.get(sql);
  if (!statement) cache.set(sql, statement = db.prepare(sql));
  return statement;
}
