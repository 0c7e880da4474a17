/**
 * Rows that came from a guest, checked before they come near the database.
 *
 * @module
 */
import { foldName } from "~/base/text/same_name.ts";
import { UserError } from "~/base/user_error.ts";
import type { RowBlock } from "~/sandbox/protocol.ts";
import { MAX_COLUMNS } from "~/warehouse/statements/column_limit.ts";
import { isSqlValue, type SqlValue } from "~/warehouse/values.ts";
import { assertGuest } from "./guest_error.ts";

/** SQLite's own limit of one value is 1 GB; a message should be far below. */
const MAX_VALUE_LENGTH = 256 * 2 ** 20;

/**
 * @throws {GuestError} It is not a block of rows.
 * @throws {UserError} Its columns cannot be those of a table.
 */
export function checkRowBlock(block: unknown): asserts block is RowBlock & { values: SqlValue[] } {
  const { columns, values } = (block ?? {}) as Partial<RowBlock>;
  assertGuest(Array.isArray(columns) && Array.isArray(values), "rows that are none");
  assertGuest(columns.length > 0, "rows without columns");
  refuseTooManyColumns(columns.length);
  assertGuest(
    columns.every((name) => typeof name === "string"),
    "a column whose name is no text",
  );
  refuseBadNames(columns);
  assertGuest(values.length % columns.length === 0, "a row that is cut off");
  for (const value of values) {
    assertGuest(
      isSqlValue(value) && sizeOf(value) <= MAX_VALUE_LENGTH,
      "a value that SQLite cannot hold",
    );
  }
}

/** @throws {UserError} A table cannot have so many columns. */
export function refuseTooManyColumns(count: number): void {
  if (count <= MAX_COLUMNS) return;
  throw new UserError(
    `Cannot save a row: it has ${count} columns, and a table takes ${MAX_COLUMNS}`,
    {
      hint: "Save what belongs together as one column: an object becomes JSON",
    },
  );
}

/** To SQLite, names that differ only in their case are one. */
function refuseBadNames(columns: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const column of columns) {
    if (column === "") {
      throw new UserError("Cannot save a row: one of its columns has an empty name", {
        hint: "Give every column a name",
      });
    }
    const other = seen.get(foldName(column));
    if (other !== undefined) {
      throw new UserError(
        `Cannot save a row: "${other}" and "${column}" are one column, as case does not count`,
        { hint: "Give one of them another name" },
      );
    }
    seen.set(foldName(column), column);
  }
}

function sizeOf(value: SqlValue): number {
  return typeof value === "string" || value instanceof Uint8Array ? value.length : 0;
}
