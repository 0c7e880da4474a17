/**
 * How a group differs from what was accepted last, for a plan: field by field where it is one row, else by
 * the rows that go and come.
 *
 * @module
 */
import {
  type ChangedValues,
  changedValues,
  type FieldNote,
  type FlatRow,
} from "~/tracked/compare/changed_values.ts";
import type { SqlValue } from "~/warehouse/values.ts";
import type { PlannedChange } from "./plan_document.ts";

type Difference = Pick<
  PlannedChange,
  "fields" | "columns_new" | "columns_gone" | "rows_removed" | "rows_added"
>;
type Row = Record<string, unknown>;

/** Rows of one group that are listed. */
const ROWS_LISTED = 20;

/**
 * See the module's comment.
 *
 * @param before The group's rows as they were accepted, those under the same columns together.
 * @param after Its rows now; no columns where it has left the query.
 */
export function describeDifference(before: readonly FlatRow[], after: FlatRow): Difference {
  const rowsBefore = before.reduce((sum, rows) => sum + countRows(rows), 0);
  const [first] = before;
  if (rowsBefore > 1 || countRows(after) > 1) {
    const [old, now] = [before.flatMap(toRows), toRows(after)];
    return { rows_removed: without(old, now), rows_added: without(now, old) };
  }
  // A group that comes, or goes, has the same columns on the side where it is not.
  const was = first ?? { columns: after.columns, values: [] };
  const now = after.columns.length > 0 ? after : { ...was, values: [] };
  return describeFields(changedValues(was, now));
}

/** Column → value, as JSON has it. */
export function toRecord(columns: readonly string[], values: readonly SqlValue[]): Row {
  return Object.fromEntries(columns.map((column, i) => [column, toJson(values[i] ?? null)]));
}

function describeFields(changed: ChangedValues): Difference {
  const entries = Object.entries(changed);
  const noted = (word: FieldNote) =>
    entries.filter(([, [, , note]]) => note === word).map(([name]) => name);
  const [added, gone] = [noted("new"), noted("gone")];
  return {
    fields: Object.fromEntries(entries.map(([name, [old, now]]) => [name, [old, now]])),
    ...added.length > 0 && { columns_new: added },
    ...gone.length > 0 && { columns_gone: gone },
  };
}

function countRows({ columns, values }: FlatRow): number {
  return columns.length === 0 ? 0 : values.length / columns.length;
}

function toRows(flat: FlatRow): Row[] {
  const width = flat.columns.length;
  return Array.from(
    { length: countRows(flat) },
    (_, i) => toRecord(flat.columns, flat.values.slice(i * width, (i + 1) * width)),
  );
}

/** The rows that another list does not have, each as often as it is missing there. */
function without(rows: readonly Row[], others: readonly Row[]): Row[] {
  const counts = new Map<string, number>();
  for (const row of others) counts.set(nameOf(row), (counts.get(nameOf(row)) ?? 0) + 1);
  const missing = rows.filter((row) => {
    const count = counts.get(nameOf(row)) ?? 0;
    counts.set(nameOf(row), count - 1);
    return count <= 0;
  });
  return missing.slice(0, ROWS_LISTED);
}

/** Columns in any order. */
function nameOf(row: Row): string {
  return JSON.stringify(Object.entries(row).sort());
}

function toJson(value: SqlValue): unknown {
  if (typeof value === "bigint") return String(value);
  return value instanceof Uint8Array ? `x'${value.toHex()}'` : value;
}
