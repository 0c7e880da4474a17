/**
 * How a group differs from what was accepted last, field by field: for people and for the record.
 *
 * @module
 */
import { shortenText } from "~/base/cut_text.ts";
import { foldName } from "~/base/same_name.ts";
import { isSameValue } from "~/warehouse/same_value.ts";
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

/** Compares rows of one set of columns with rows of another. */
export class FieldComparer {
  /** Each column of a later row, and its place in an earlier one. */
  readonly #columns: readonly (readonly [string, number | undefined])[];
  /** Each column that only an earlier row has, and its place there. */
  readonly #gone: readonly (readonly [string, number])[];

  constructor(before: readonly string[], after: readonly string[]) {
    const places = new Map(before.map((name, index) => [foldName(name), index]));
    this.#columns = after.map((name) => [name, places.get(foldName(name))]);
    const names = new Set(after.map(foldName));
    this.#gone = [...before.entries()].filter(([, name]) => !names.has(foldName(name)))
      .map(([place, name]) => [name, place]);
  }

  /** The columns in which two rows differ, by what SQLite would say; a column that one lacks is NULL there. */
  compare(before: readonly SqlValue[], after: readonly SqlValue[]): ChangedValues {
    const changed: ChangedValues = {};
    for (const [index, [name, place]] of this.#columns.entries()) {
      const was = place === undefined ? null : before[place] ?? null;
      const is = after[index] ?? null;
      if (!isSameValue(was, is)) changed[name] = [toJson(was), toJson(is)];
    }
    for (const [name, place] of this.#gone) {
      const was = before[place] ?? null;
      if (was !== null) changed[name] = [toJson(was), null];
    }
    return changed;
  }
}

/** The columns in which two rows differ. */
export function changedValues(before: FlatRow, after: FlatRow): ChangedValues {
  return new FieldComparer(before.columns, after.columns).compare(before.values, after.values);
}

function toJson(value: SqlValue): unknown {
  if (typeof value === "bigint") return String(value);
  if (value instanceof Uint8Array) return `x'${cut(value.toHex())}'`;
  return typeof value === "string" ? cut(value) : value;
}

function cut(text: string): string {
  return shortenText(text, MAX_TEXT);
}
