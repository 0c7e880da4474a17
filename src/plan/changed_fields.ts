/**
 * How a group differs from what was accepted last, for a plan: field by field where it is one row, else by
 * the rows that go and come.
 *
 * @module
 */
import { missingFrom } from "~/base/lists/missing_from.ts";
import {
  type ChangedValues,
  changedValues,
  type FieldNote,
  type FlatRow,
} from "~/tracked/compare/changed_values.ts";
import { splitRows } from "~/tracked/compare/split_rows.ts";
import type { SqlValue } from "~/warehouse/values.ts";
import type { PlannedChange } from "./plan_document.ts";

type Difference = Pick<
  PlannedChange,
  | "fields"
  | "columns_new"
  | "columns_gone"
  | "columns_now_text"
  | "columns_was_text"
  | "columns_not_text"
  | "rows_removed"
  | "rows_added"
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
    return {
      rows_removed: listMissing(now, old),
      rows_added: listMissing(old, now),
      ...noText([...before, after]),
    };
  }
  // A group that comes, or goes, has the same columns on the side where it is not.
  const was = first ?? { columns: after.columns, values: [] };
  const now = after.columns.length > 0 ? after : { ...was, values: [] };
  const changed = changedValues(was, now);
  return { ...describeFields(changed), ...noText([...before, after], changed) };
}

/** Column → value, as JSON has it. */
export function toRecord(columns: readonly string[], values: readonly SqlValue[]): Row {
  return Object.fromEntries(columns.map((column, i) => [column, toJson(values[i] ?? null)]));
}

function describeFields(changed: ChangedValues): Difference {
  const entries = Object.entries(changed);
  const noted = (word: FieldNote) => {
    const names = entries.filter(([, [, , note]]) => note === word).map(([name]) => name);
    return names.length > 0 ? names : undefined;
  };
  const [added, gone] = [noted("new"), noted("gone")];
  const [nowText, wasText] = [noted("now text"), noted("was text")];
  return {
    fields: Object.fromEntries(entries.map(([name, [old, now]]) => [name, [old, now]])),
    ...added && { columns_new: added },
    ...gone && { columns_gone: gone },
    ...nowText && { columns_now_text: nowText },
    ...wasText && { columns_was_text: wasText },
  };
}

/** The columns that hold big integers or bytes, and no text; of those that changed, where they are given. */
function noText(
  rows: readonly FlatRow[],
  changed?: ChangedValues,
): Pick<Difference, "columns_not_text"> {
  const others = new Set<string>();
  const texts = new Set<string>();
  for (const { columns: names, values } of rows) {
    for (const [i, value] of values.entries()) {
      const name = names[i % names.length] ?? "";
      if (typeof value === "string") texts.add(name);
      else if (typeof value === "bigint" || value instanceof Uint8Array) others.add(name);
    }
  }
  const found = [...others].filter((name) =>
    !texts.has(name) && (!changed || Object.hasOwn(changed, name))
  );
  return found.length > 0 ? { columns_not_text: found } : {};
}

function countRows({ columns, values }: FlatRow): number {
  return columns.length === 0 ? 0 : values.length / columns.length;
}

/** A row as JSON has it, and a text that no other row has. */
interface NamedRow {
  row: Row;
  name: string;
}

function toRows(rows: FlatRow): NamedRow[] {
  return splitRows(rows).map(({ columns, values, name }) => ({
    row: toRecord(columns, values),
    name,
  }));
}

function listMissing(from: readonly NamedRow[], rows: readonly NamedRow[]): Row[] {
  return missingFrom(from, rows, ({ name }) => name).slice(0, ROWS_LISTED).map(({ row }) => row);
}

function toJson(value: SqlValue): unknown {
  if (typeof value === "bigint") return String(value);
  return value instanceof Uint8Array ? `x'${value.toHex()}'` : value;
}
