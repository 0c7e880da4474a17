/**
 * Where in a statement a database found its mistake.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { messageOf } from "~/base/message_of.ts";
import { findSqlErrorOffset } from "~/sql/sql_error_offset.ts";

/** @returns A UTF-16 offset, or `undefined` when it cannot be told. */
export function findStatementErrorOffset(
  db: DatabaseSync,
  sql: string,
  message: string,
): number | undefined {
  return findSqlErrorOffset(sql, message, (beginning) => {
    try {
      db.prepare(beginning);
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  });
}
