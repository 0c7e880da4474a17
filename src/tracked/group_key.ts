/**
 * A group's key as text: how the ledger, messages and `Idempotency-Key`s name a group.
 *
 * @module
 */
import { cutText } from "~/base/text/cut_text.ts";
import { fromRead, type SqlValue } from "~/warehouse/values.ts";

/** `[7]`, `["EU",42]`: JSON, with big integers as `{"int":"…"}` and blobs as `{"hex":"…"}`. */
export function encodeGroupKey(key: readonly SqlValue[]): string {
  return JSON.stringify(key.map((part) => {
    const value = toKeyValue(part);
    if (typeof value === "bigint") return { int: String(value) };
    if (value instanceof Uint8Array) return { hex: value.toHex() };
    return value;
  }));
}

/** One form for what is one key to SQLite: 7 and 7n, and 2^53 as REAL and as INTEGER. */
export function toKeyValue(value: SqlValue): SqlValue {
  if (typeof value === "bigint") return fromRead(value);
  if (typeof value !== "number" || !Number.isInteger(value)) return value;
  const isInteger = value >= -(2 ** 63) && value < 2 ** 63;
  return Number.isSafeInteger(value) || !isInteger ? value : BigInt(value);
}

/** Reads what `encodeGroupKey` wrote. */
export function decodeGroupKey(text: string): SqlValue[] {
  const key: unknown[] = JSON.parse(text);
  return key.map((value) => {
    if (typeof value !== "object" || value === null) return value as SqlValue;
    if ("int" in value) return BigInt(String(value.int));
    return Uint8Array.fromHex(String((value as { hex: unknown }).hex));
  });
}

/** For programs: `{"region":"EU","id":42}`; big integers and blobs as the state file writes them. */
export function keyObject(columns: readonly string[], keyText: string): Record<string, unknown> {
  const values: unknown[] = JSON.parse(keyText);
  return Object.fromEntries(values.map((value, i) => [columns[i] ?? String(i + 1), value]));
}

/**
 * `customer_id = 7`, `region = EU, id = 42`, `id = '7'` for a text: for people. A long value is cut. Columns that
 * nothing tells the names of are numbered.
 */
export function renderGroupKey(columns: readonly string[], key: readonly SqlValue[]): string {
  return renderColumns(columns, key, cutKeyText);
}

/** The same, whole: for programs. Where people read it `cutKeyText` cuts it. */
export function renderWholeGroupKey(columns: readonly string[], key: readonly SqlValue[]): string {
  return renderColumns(columns, key, (text) => text);
}

/** Characters of a key's value, or of a key, that people are shown: a URL is whole, a document is not. */
const SHOWN_LENGTH = 200;

/** A text of a key, or a key as text, as people are shown it. */
export function cutKeyText(text: string): string {
  return cutText(text, SHOWN_LENGTH);
}

function renderColumns(
  columns: readonly string[],
  key: readonly SqlValue[],
  cut: (text: string) => string,
): string {
  return key.map((value, index) => `${columns[index] ?? index + 1} = ${renderValue(value, cut)}`)
    .join(", ");
}

/** A number, bytes, a text in quotes, or nothing. */
const MISTAKABLE = /^(-?\d+(\.\d+)?(e[+-]\d+)?|x?'[^]*')?$/;

/** A text is in quotes where it would else look like something else. */
function renderValue(value: SqlValue, cut: (text: string) => string): string {
  if (value instanceof Uint8Array) return `x'${cut(value.toHex())}'`;
  const isMistakable = typeof value === "string" && MISTAKABLE.test(value);
  return isMistakable ? `'${cut(value)}'` : cut(String(toKeyValue(value)));
}
