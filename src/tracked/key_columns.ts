/**
 * The unique key among the columns of a query.
 *
 * @module
 */
import { isSameName } from "~/base/text/same_name.ts";
import { type SourceLocation, UserError } from "~/base/user_error.ts";

/**
 * The unique key as the query writes its columns.
 *
 * @param at The query; absent where only who asks knows it.
 * @throws {UserError} The query lacks a column of it.
 */
export function getKeyColumns(
  model: string,
  uniqueKey: readonly string[],
  columns: readonly string[],
  at?: SourceLocation,
): string[] {
  return uniqueKey.map((key) => {
    const column = columns.find((each) => isSameName(each, key));
    if (column !== undefined) return column;
    throw new UserError(
      `Cannot find the changes of ${model}: its query does not select the unique key "${key}"`,
      { at, hint: `Add "${key}" to the SELECT; it gives ${columns.join(", ")}` },
    );
  });
}
