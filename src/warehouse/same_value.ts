/**
 * Whether two values are the same to SQLite: `IS`, without affinities and with the collation BINARY.
 *
 * @module
 */
import type { SqlValue } from "./values.ts";

/** See the module's comment. INTEGER and REAL are compared as numbers, exactly. */
export function isSameValue(a: SqlValue, b: SqlValue): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return haveSameBytes(a, b);
  if (typeof a === "bigint" && typeof b === "number") return isSameNumber(a, b);
  if (typeof a === "number" && typeof b === "bigint") return isSameNumber(b, a);
  return a === b;
}

function haveSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

function isSameNumber(integer: bigint, real: number): boolean {
  return Number.isInteger(real) && BigInt(real) === integer;
}
