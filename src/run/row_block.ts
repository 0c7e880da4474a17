/**
 * Rows that came from a guest, checked before they come near the database.
 *
 * @module
 */
import type { RowBlock } from "~/sandbox/protocol.ts";
import { foldName } from "~/sql/identifiers.ts";
import { isSqlValue, type SqlValue } from "~/warehouse/values.ts";
import { assertGuest } from "./guest_error.ts";

/** SQLite's default limit is 2,000 columns; a row also needs Spoor's own. */
const MAX_COLUMNS = 1_900;
/** SQLite's own limit of one value is 1 GB; a message should be far below. */
const MAX_VALUE_LENGTH = 256 * 2 ** 20;

/** @throws {GuestError} It is not a block of rows. */
export function checkRowBlock(block: unknown): asserts block is RowBlock & { values: SqlValue[] } {
  const { columns, values } = (block ?? {}) as Partial<RowBlock>;
  assertGuest(Array.isArray(columns) && Array.isArray(values), "rows that are none");
  assertGuest(columns.length > 0 && columns.length <= MAX_COLUMNS, `${columns.length} columns`);
  assertGuest(
    columns.every((name) => typeof name === "string" && name !== ""),
    "a column without a name",
  );
  assertGuest(new Set(columns.map(foldName)).size === columns.length, "two columns of one name");
  assertGuest(values.length % columns.length === 0, "a row that is cut off");
  for (const value of values) {
    assertGuest(
      isSqlValue(value) && sizeOf(value) <= MAX_VALUE_LENGTH,
      "a value that SQLite cannot hold",
    );
  }
}

function sizeOf(value: SqlValue): number {
  return typeof value === "string" || value instanceof Uint8Array ? value.length : 0;
}
