/**
 * How a group of several rows differs from what was accepted last, for the record: which rows came, which went, and
 * what is another value in those that are the same row before and after.
 *
 * Nothing says which row is which, but that a column tells all rows of the group apart, before and after: the first
 * such column does. Where there is none, a single row that went and a single one that came are taken for one.
 *
 * @module
 */
// deno-lint-ignore-file camelcase -- as the record has it, and --json prints it.
import { missingFrom } from "~/base/lists/missing_from.ts";
import { encodeGroupKey } from "~/tracked/group_key.ts";
import type { SqlValue } from "~/warehouse/values.ts";
import { type ChangedValues, type FieldComparer, type FlatRow, toShort } from "./changed_values.ts";
import { type SplitRow, splitRows } from "./split_rows.ts";

/** See the module's comment. */
export interface ChangedRows {
  rows_before: number;
  rows_after: number;
  /** Absent: there are too many rows to be compared. */
  difference?: RowDifference;
}

/** What there is none of is absent: all of it where the same rows go out again. */
export interface RowDifference {
  /** The column by which the changed ones are known. */
  known_by?: string;
  changed?: SomeRows<ChangedRow>;
  added?: SomeRows<RowValues>;
  gone?: SomeRows<RowValues>;
}

/** Rows of one kind. */
export interface SomeRows<Told> {
  rows: number;
  first: readonly Told[];
}

/** One row that is another one now. */
export interface ChangedRow {
  /** Its value in `known_by`. */
  row?: unknown;
  fields: ChangedValues;
}

/** Column → value, without the group's key. */
export type RowValues = Readonly<Record<string, unknown>>;

/** Before and after taken together: more would take too long. */
const MOST_COMPARED = 400;
/** Rows that are told of each kind: the record is kept for ever. */
const MOST_TOLD = 3;
/** Where they are wide, only the first ones that have room in so many characters. */
const TOLD_CHARS = 1_000;

/**
 * See the module's comment.
 *
 * @param before The group's rows as they were accepted, those under the same columns together.
 * @param after Its rows now.
 * @param comparerOf Compares a row that was accepted under these columns with one of now.
 */
export function changedRows(
  uniqueKey: readonly string[],
  before: readonly FlatRow[],
  after: FlatRow,
  comparerOf: (columns: readonly string[]) => FieldComparer,
): ChangedRows {
  const rows_before = before.reduce((sum, rows) => sum + countRows(rows), 0);
  const rows_after = countRows(after);
  if (rows_before + rows_after > MOST_COMPARED) return { rows_before, rows_after };
  const [old, now] = [before.flatMap(splitRows), splitRows(after)];
  const gone = missingFrom(now, old, nameOf);
  const added = missingFrom(old, now, nameOf);
  const column = findTellingColumn(uniqueKey, old, now);
  const pairs = column === undefined ? pairOnly(gone, added) : pairBy(column, gone, added);
  const paired = new Set(pairs.flat());
  const isAlone = (row: SplitRow) => !paired.has(row);
  const toChanged = ([was, is]: Pair): ChangedRow => ({
    ...column !== undefined && { row: toShort(valueIn(column, is)) },
    fields: comparerOf(was.columns).compare(was.values, is.values),
  });
  const toValues = (row: SplitRow) => valuesOf(row, uniqueKey);
  return {
    rows_before,
    rows_after,
    difference: {
      ...column !== undefined && pairs.length > 0 && { known_by: column },
      ...someOf("changed", pairs, toChanged),
      ...someOf("added", added.filter(isAlone), toValues),
      ...someOf("gone", gone.filter(isAlone), toValues),
    },
  };
}

type Pair = readonly [was: SplitRow, is: SplitRow];

function nameOf({ name }: SplitRow): string {
  return name;
}

function countRows({ columns, values }: FlatRow): number {
  return columns.length === 0 ? 0 : values.length / columns.length;
}

/** The first column that has another value in each row, before and after, and is nowhere NULL. */
function findTellingColumn(
  uniqueKey: readonly string[],
  old: readonly SplitRow[],
  now: readonly SplitRow[],
): string | undefined {
  const columns = now[0]?.columns ?? [];
  return columns.find((column) =>
    !uniqueKey.includes(column) && [old, now].every((rows) => tellsApart(column, rows))
  );
}

function tellsApart(column: string, rows: readonly SplitRow[]): boolean {
  const seen = new Set<string>();
  return rows.every((row) => {
    const value = valueIn(column, row);
    const text = textOf(value);
    if (value === null || seen.has(text)) return false;
    seen.add(text);
    return true;
  });
}

function pairBy(
  column: string,
  gone: readonly SplitRow[],
  added: readonly SplitRow[],
): Pair[] {
  const before = new Map(gone.map((row) => [textOf(valueIn(column, row)), row]));
  return added.flatMap((row) => {
    const was = before.get(textOf(valueIn(column, row)));
    return was ? [[was, row] as const] : [];
  });
}

function pairOnly(gone: readonly SplitRow[], added: readonly SplitRow[]): Pair[] {
  const [[was, ...moreGone], [is, ...moreAdded]] = [gone, added];
  return was && is && moreGone.length + moreAdded.length === 0 ? [[was, is]] : [];
}

/** One that a row lacks is NULL. */
function valueIn(column: string, { columns, values }: SplitRow): SqlValue {
  return values[columns.indexOf(column)] ?? null;
}

function textOf(value: SqlValue): string {
  return encodeGroupKey([value]);
}

function valuesOf({ columns, values }: SplitRow, uniqueKey: readonly string[]): RowValues {
  const shown = columns.flatMap((column, index) =>
    uniqueKey.includes(column) ? [] : [[column, toShort(values[index] ?? null)]]
  );
  return Object.fromEntries(shown);
}

function someOf<Row, Told>(
  kind: string,
  rows: readonly Row[],
  toTold: (row: Row) => Told,
): Record<string, SomeRows<Told>> {
  if (rows.length === 0) return {};
  let left = TOLD_CHARS;
  const first = rows.slice(0, MOST_TOLD).map(toTold).filter((told) => {
    left -= JSON.stringify(told).length;
    return left >= 0;
  });
  return { [kind]: { rows: rows.length, first } };
}
