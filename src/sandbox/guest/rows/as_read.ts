/**
 * Whether rows that a model saves are the rows that it was given: then they need not travel back.
 *
 * Rows are plain objects that a model may change, so they are held against the values they were made of.
 * That is much cheaper than sending them.
 *
 * @module
 */
import type { RowBlock } from "~/sandbox/protocol.ts";

/** Rows of one group as the host sent them. */
export interface RowsAsRead {
  block: RowBlock;
  /** Where in the block's values the first of them begins. */
  start: number;
  rows: number;
}

/** Whether these rows have the columns and values that were read, and no others. */
export function areAsRead(
  rows: readonly Readonly<Record<string, unknown>>[],
  { block: { columns, values }, start, rows: count }: RowsAsRead,
): boolean {
  if (rows.length !== count) return false;
  let at = start;
  for (const row of rows) {
    // What is no row is for others to refuse.
    if (typeof row !== "object" || row === null) return false;
    const names = Object.keys(row);
    if (names.length !== columns.length) return false;
    for (let i = 0; i < names.length; i++, at++) {
      const name = names[i] as string;
      const value = row[name];
      // Bytes can be changed in their place; they are the same array still.
      if (
        name !== columns[i] || value !== values[at] || typeof value === "object" && value !== null
      ) {
        return false;
      }
    }
  }
  return true;
}
