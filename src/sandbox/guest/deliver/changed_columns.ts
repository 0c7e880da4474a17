/**
 * Which columns of a group differ between what was accepted last and what is there now.
 *
 * | before | now  | columns                                                              |
 * | ------ | ---- | -------------------------------------------------------------------- |
 * | none   | rows | all                                                                  |
 * | rows   | none | all                                                                  |
 * | rows   | rows | those that differ in the rows that are not on both sides, in order;   |
 * |        |      | those of one side only; all but the key where a row has no opposite  |
 *
 * Values are compared as the far side would see them: 1, 1n and 1.0 are one number; NULL, '' and 0
 * are three values, and a column that one side has not, or spells otherwise, differs whatever is in it.
 *
 * @module
 */
import { missingFrom } from "~/base/lists/missing_from.ts";
import { compareText } from "~/base/text/compare_text.ts";
import type { Row } from "~/sandbox/guest/rows/row_values.ts";
import type { Value } from "~/sandbox/protocol.ts";

/**
 * Names of the columns that differ, in the order of the present rows.
 *
 * @param previous Each row with the columns that it was accepted with.
 */
export function changedColumns(
  previous: readonly Row[],
  rows: readonly Row[],
  key: Readonly<Row>,
): string[] {
  const before = columnsOf(previous);
  const now = Object.keys(rows[0] ?? {});
  if (previous.length === 0 || rows.length === 0) return [...now, ...before];
  const earlier = new Set(before);
  const shared = now.filter((name) => earlier.has(name));
  const isOfBoth = new Set(shared);
  const differing = differingColumns(
    previous.map((row) => shared.map((name) => identity(row[name]))),
    rows.map((row) => shared.map((name) => identity(row[name]))),
    shared.map((name) => Object.hasOwn(key, name)),
  );
  const same = new Set(shared.filter((_, index) => !differing[index]));
  return [
    ...now.filter((name) => !same.has(name)),
    ...before.filter((name) => !isOfBoth.has(name)),
  ];
}

function columnsOf(rows: readonly Row[]): string[] {
  const [first = {}, ...others] = rows;
  if (others.length === 0) return Object.keys(first);
  return [...new Set(rows.flatMap((row) => Object.keys(row)))];
}

/** For each column whether it differs; rows are given as texts by column. */
function differingColumns(
  before: readonly string[][],
  now: readonly string[][],
  isKey: readonly boolean[],
): boolean[] {
  const [gone, come] = before.length === 1 && now.length === 1
    ? [before, now]
    : [without(before, now), without(now, before)];
  const differs = isKey.map(() => false);
  for (let i = 0; i < Math.max(gone.length, come.length); i++) {
    const [a, b] = [gone[i], come[i]];
    for (const [column, isOfKey] of isKey.entries()) {
      if (a && b ? a[column] !== b[column] : !isOfKey) differs[column] = true;
    }
  }
  return differs;
}

/** Rows that have no equal among others, each of which is equal to one only; sorted. */
function without(rows: readonly string[][], others: readonly string[][]): string[][] {
  const named = (list: readonly string[][]) => list.map((row) => ({ row, text: row.join() }));
  return missingFrom(named(others), named(rows), ({ text }) => text)
    .sort((a, b) => compareText(a.text, b.text)).map(({ row }) => row);
}

/** A text that is the same for the same value; its length keeps joined texts apart. */
function identity(value: Value | undefined): string {
  // The row has no such column.
  if (value === undefined) return "";
  if (value === null) return "-";
  if (typeof value === "string") return `t${value.length}:${value}`;
  if (typeof value === "bigint") return `n${value}`;
  if (typeof value === "number") return `n${Number.isInteger(value) ? BigInt(value) : value}`;
  return `b${value.length}:${value.toHex()}`;
}
