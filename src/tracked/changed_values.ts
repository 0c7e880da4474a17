/**
 * How a group differs from what was accepted last, field by field: for people and for the record.
 *
 * @module
 */
import { toHex } from "~/base/hex.ts";
import type { SqlValue } from "~/warehouse/values.ts";

/** One row, flat, under its columns. */
export interface FlatRow {
  columns: readonly string[];
  values: readonly SqlValue[];
}

/** Column → [old, new]. */
export type ChangedValues = Record<string, [unknown, unknown]>;

/** Longer texts are cut in the record. */
const MAX_TEXT = 200;

/** The columns in which two rows differ, by what SQLite would say; a column that one lacks is NULL there. */
export function changedValues(before: FlatRow, after: FlatRow): ChangedValues {
  const old = new Map(
    before.columns.map((name, i) => [name.toLowerCase(), before.values[i] ?? null]),
  );
  const changed: ChangedValues = {};
  for (const [index, name] of after.columns.entries()) {
    const [was, is] = [old.get(name.toLowerCase()) ?? null, after.values[index] ?? null];
    if (!isSame(was, is)) changed[name] = [toJson(was), toJson(is)];
  }
  return changed;
}

function isSame(a: SqlValue, b: SqlValue): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return toHex(a) === toHex(b);
  return a === b;
}

function toJson(value: SqlValue): unknown {
  if (typeof value === "bigint") return String(value);
  if (value instanceof Uint8Array) return `x'${cut(toHex(value))}'`;
  return typeof value === "string" ? cut(value) : value;
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
