/**
 * SQLite's values and JavaScript's.
 *
 * `node:sqlite` binds every number as REAL (1 becomes 1.0, in a TEXT column "1.0"), so integers are
 * bound as BigInt. Integers are read as BigInt too, because reading one past 2^53 as a number
 * throws; those that fit become numbers.
 *
 * It reads a text up to its first NUL only, and bytes that are not UTF-8 as U+FFFD. What stays inside SQLite
 * (what was accepted, what is compared) is exact. Rows are read by `whole_rows.ts`, which gives a NUL and what is
 * behind it; of bytes that are not UTF-8 a model is given U+FFFD. Keys of groups that have one or the other are
 * refused (`tracked/compare/refuse_keys.ts`).
 *
 * @module
 */

/** One value in SQLite, as Spoor holds it: integers within 2^53 are numbers. */
export type SqlValue = null | number | bigint | string | Uint8Array;

/** What may be bound: the same, with integers as BigInt. */
export type BoundValue = null | number | bigint | string | Uint8Array<ArrayBuffer>;

/** Prepares a value for binding: whole numbers within 2^53 become BigInt. */
export function toBound(value: SqlValue): BoundValue {
  if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
  return value as BoundValue;
}

/** Reads a value that was fetched with `setReadBigInts(true)`. */
export function fromRead(value: unknown): SqlValue {
  if (typeof value !== "bigint") return value as SqlValue;
  const asNumber = Number(value);
  return Number.isSafeInteger(asNumber) ? asNumber : value;
}

/** Whether a value that came from an untrusted place is one that SQLite can hold. */
export function isSqlValue(value: unknown): value is SqlValue {
  if (value === null || typeof value === "string") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value === "bigint") return value >= -(2n ** 63n) && value < 2n ** 63n;
  return value instanceof Uint8Array;
}
