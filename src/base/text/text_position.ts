/**
 * From an offset in a text to the line and column that an editor shows.
 *
 * @module
 */

/** A place in a text; both are counted from 1. */
export interface TextPosition {
  line: number;
  /** In UTF-16 code units, as editors count. */
  column: number;
}

/**
 * Tells on which line and column an offset is.
 *
 * A line ends with `\n`, so `\r\n` counts once. An offset outside of the text is taken as the
 * nearest one inside.
 *
 * @example
 * ```ts
 * import { textPosition } from "./text_position.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(textPosition("SELECT 1\nFORM x", 9), { line: 2, column: 1 });
 * ```
 *
 * @param text The whole text.
 * @param offset UTF-16 offset, from 0.
 */
export function textPosition(text: string, offset: number): TextPosition {
  return positionFinder(text)(offset);
}

/** Like {@linkcode textPosition} for many offsets of one text: reads the text only once. */
export function positionFinder(text: string): (offset: number) => TextPosition {
  const lineStarts = findLineStarts(text);
  return (offset) => {
    const inside = Math.min(Math.max(offset, 0), text.length);
    const index = lastAtMost(lineStarts, inside);
    return { line: index + 1, column: inside - (lineStarts[index] ?? 0) + 1 };
  };
}

/**
 * The line of a file on which a line of a text stands that is part of it.
 *
 * @param line Of the text, from 1.
 * @param firstLine Of the file, on which the text begins.
 * @param lines Of the file, one for each of the text, where they do not follow each other: the text has `\n`
 * written in it, say.
 */
export function lineInFile(line: number, firstLine: number, lines?: readonly number[]): number {
  return lines?.[line - 1] ?? firstLine + line - 1;
}

function findLineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** Index of the last number that is not above `limit`; `sorted` begins with 0. */
function lastAtMost(sorted: readonly number[], limit: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((sorted[middle] ?? 0) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}
