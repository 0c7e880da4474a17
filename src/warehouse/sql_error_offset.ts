/**
 * Where in a statement a database found its mistake.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { findSqlErrorOffset as findOffset } from "~/sql/sql_error_offset.ts";

/** @returns A UTF-16 offset, or `undefined` when it cannot be told. */
export function findSqlErrorOffset(
  db: DatabaseSync,
  sql: string,
  message: string,
): number | undefined {
  return findOffset(sql, message, (beginning) => {
    try {
      db.prepare(beginning);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  });
}
