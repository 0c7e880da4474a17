/**
 * How a group differs from what was accepted last, for a plan: field by field where it is one row, else by
 * the rows that go and come.
 *
 * @module
 */
import { foldName } from "~/base/same_name.ts";
import {
  type ChangedValues,
  changedValues,
  type FlatRow,
} from "~/tracked/compare/changed_values.ts";
import type { SqlValue } from "~/warehouse/values.ts";
import type { PlannedChange } from "./plan_document.ts";

type Difference = Pick<
  PlannedChange,
  "fields" | "columns_gone" | "rows_removed" | "rows_added"
>;
type Row = Record<string, unknown>;

/** Rows of one group that are listed. */
const ROWS_LISTED = 20;

/** See the module's comment. Both sides are rows one after the other. */
export function describeDifference(before: FlatRow, after: FlatRow): Difference {
  const [rowsBefore, rowsAfter] = [countRows(before), countRows(after)];
  if (rowsBefore <= 1 && rowsAfter <= 1) {
    const fields = fieldsOf(before, after);
    const names = new Set(after.columns.map(foldName));
    const gone = Object.keys(fields).filter((name) => !names.has(foldName(name)));
    return { fields, ...(rowsAfter > 0 && gone.length > 0 && { columns_gone: gone }) };
  }
  const [old, now] = [toRows(before), toRows(after)];
  return { rows_removed: without(old, now), rows_added: without(now, old) };
}

/** Column → value, as JSON has it. */
export function toRecord(columns: readonly string[], values: readonly SqlValue[]): Row {
  return Object.fromEntries(columns.map((column, i) => [column, toJson(values[i] ?? null)]));
}

function fieldsOf(before: FlatRow, after: FlatRow): ChangedValues {
  if (after.values.length > 0) return changedValues(before, after);
  const gone = { columns: before.columns, values: before.columns.map(() => null) };
  return changedValues(before, gone);
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

/** Columns in any order; one that is NULL is as one that is not there. */
function nameOf(row: Row): string {
  const cells = Object.entries(row).filter(([, value]) => value !== null);
  return JSON.stringify(cells.map(([name, value]) => [foldName(name), value]).sort());
}

function toJson(value: SqlValue): unknown {
  if (typeof value === "bigint") return String(value);
  return value instanceof Uint8Array ? `x'${value.toHex()}'` : value;
}
