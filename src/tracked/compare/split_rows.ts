/**
 * A group's rows one by one, each with a text that only its equals have.
 *
 * @module
 */
import { encodeGroupKey } from "~/tracked/group_key.ts";
import type { SqlValue } from "~/warehouse/values.ts";
import type { FlatRow } from "./changed_values.ts";

/** One of several rows. */
export interface SplitRow extends FlatRow {
  /** The same for rows of the same columns and values, in whatever order the columns come. */
  name: string;
}

/** Splits rows that lie one after the other. */
export function splitRows({ columns, values }: FlatRow): SplitRow[] {
  const width = columns.length;
  if (width === 0) return [];
  const places = [...columns.entries()].sort(([, a], [, b]) => a < b ? -1 : 1);
  return Array.from({ length: values.length / width }, (_, i) => {
    const own: SqlValue[] = values.slice(i * width, (i + 1) * width);
    const name = encodeGroupKey(places.flatMap(([place, column]) => [column, own[place] ?? null]));
    return { columns, values: own, name };
  });
}
