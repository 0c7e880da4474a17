/**
 * How a group differs from what was accepted last, field by field: for people and for the record.
 *
 * @module
 */
import { shortenText } from "~/base/text/cut_text.ts";
import { fromDifference } from "~/base/text/from_difference.ts";
import { isSameValue } from "~/warehouse/same_value.ts";
import type { SqlValue } from "~/warehouse/values.ts";

/** One row, flat, under its columns. */
export interface FlatRow {
  columns: readonly string[];
  values: readonly SqlValue[];
}

/**
 * What is to be said of a field beside its values: the query gave no such column before, or gives none now;
 * or it was no text and is one now, or was one, which JSON does not tell of big integers and bytes.
 */
export type FieldNote = "new" | "gone" | "now text" | "was text";

/** One column of a group that changed. */
export type ChangedField = [old: unknown, now: unknown, note?: FieldNote];

/** Column → [old, new], and what is to be said of them. */
export type ChangedValues = Record<string, ChangedField>;

/** Longer texts are cut in the record. */
const MAX_TEXT = 200;

/**
 * Compares rows of one set of columns with rows of another. Rows go out by the names of their columns, so
 * one that is spelled otherwise is another column here, though it is not to SQLite.
 */
export class FieldComparer {
  /** Each column of a later row, and its place in an earlier one. */
  readonly #columns: readonly (readonly [string, number | undefined])[];
  /** Each column that only an earlier row has, and its place there. */
  readonly #gone: readonly (readonly [string, number])[];

  constructor(before: readonly string[], after: readonly string[]) {
    const places = new Map(before.map((name, index) => [name, index]));
    this.#columns = after.map((name) => [name, places.get(name)]);
    const names = new Set(after);
    this.#gone = [...before.entries()].filter(([, name]) => !names.has(name))
      .map(([place, name]) => [name, place]);
  }

  /** The columns in which two rows differ, by what SQLite would say; one that a row lacks, whatever its value. */
  compare(before: readonly SqlValue[], after: readonly SqlValue[]): ChangedValues {
    const changed: ChangedValues = {};
    for (const [index, [name, place]] of this.#columns.entries()) {
      const is = after[index] ?? null;
      if (place === undefined) {
        changed[name] = [null, toShort(is), "new"];
        continue;
      }
      const was = before[place] ?? null;
      if (!isSameValue(was, is)) changed[name] = toField(was, is);
    }
    for (const [name, place] of this.#gone) {
      changed[name] = [toShort(before[place] ?? null), null, "gone"];
    }
    return changed;
  }
}

/** The columns in which two rows differ. */
export function changedValues(before: FlatRow, after: FlatRow): ChangedValues {
  return new FieldComparer(before.columns, after.columns).compare(before.values, after.values);
}

function toField(was: SqlValue, is: SqlValue): ChangedField {
  const [old, now] = [toShort(was), toShort(is)];
  if (was !== null && is !== null) {
    const [wasText, isText] = [typeof was === "string", typeof is === "string"];
    if (wasText !== isText) return [old, now, isText ? "now text" : "was text"];
  }
  return old === now ? cutApart(was, is) : [old, now];
}

/** A value as the record has it: JSON, what is long cut. */
export function toShort(value: SqlValue): unknown {
  if (typeof value === "bigint") return String(value);
  if (value instanceof Uint8Array) return `x'${cut(value.toHex())}'`;
  return typeof value === "string" ? cut(value) : value;
}

/** They are the same as far as they are kept. */
function cutApart(was: SqlValue, is: SqlValue): ChangedField {
  if (was instanceof Uint8Array && is instanceof Uint8Array) {
    const [old, now] = fromDifference(was.toHex(), is.toHex());
    return [`x'${cut(old)}'`, `x'${cut(now)}'`];
  }
  const [old, now] = fromDifference(String(was), String(is));
  return [cut(old), cut(now)];
}

function cut(text: string): string {
  return shortenText(text, MAX_TEXT);
}
