/**
 * Temporary tables of keys: to be looked up by, and not bound to a statement's places, of which SQLite has no
 * more than 32,766 (https://www.sqlite.org/limits.html#max_variable_number).
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { columnList, temp } from "~/sql/identifiers.ts";
import { type SqlValue, toBound } from "~/warehouse/values.ts";

/** Creates one; its columns are those of the unique key. */
export function createKeyTable(
  db: DatabaseSync,
  uniqueKey: readonly string[],
  table: string,
  keys: Iterable<readonly SqlValue[]> = [],
): void {
  const columns = columnList(uniqueKey);
  db.exec(
    `CREATE TEMP TABLE ${temp(table)} (${columns}, PRIMARY KEY (${columns})) WITHOUT ROWID`,
  );
  fillKeyTable(db, uniqueKey, table, keys);
}

/** Adds keys to one. */
export function fillKeyTable(
  db: DatabaseSync,
  uniqueKey: readonly string[],
  table: string,
  keys: Iterable<readonly SqlValue[]>,
): void {
  const insert = db.prepare(
    `INSERT OR IGNORE INTO ${temp(table)} VALUES (${uniqueKey.map(() => "?").join(", ")})`,
  );
  for (const key of keys) insert.run(...key.map(toBound));
}
