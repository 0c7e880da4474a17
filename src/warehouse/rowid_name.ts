/**
 * The name by which a table's rowid can be asked for: one that none of its columns has taken.
 * https://www.sqlite.org/lang_createtable.html#rowid
 *
 * @module
 */
import { foldName } from "~/base/text/same_name.ts";
import { UserError } from "~/base/user_error.ts";

const NAMES = ["rowid", "_rowid_", "oid"];

/**
 * @param columns The table's columns.
 * @returns `undefined` when they have taken all three names.
 */
export function findRowidName(columns: readonly string[]): string | undefined {
  const taken = new Set(columns.map(foldName));
  return NAMES.find((each) => !taken.has(each));
}

/**
 * The same, for a query that cannot be read without it.
 *
 * @throws {UserError} Its columns have taken all three names.
 */
export function rowidName(columns: readonly string[]): string {
  const name = findRowidName(columns);
  if (name !== undefined) return name;
  throw new UserError(
    `Cannot read a query with the columns ${NAMES.join(", ")}: SQLite has no name left for the row`,
    { hint: "Give one of them another name: SELECT oid AS object_id, …" },
  );
}
