/**
 * Whole numbers that follow each other, as spans: one statement can serve many neighbours.
 *
 * @module
 */

/** From `first` to `last`, both included. */
export interface NumberSpan {
  first: number;
  last: number;
}

/**
 * Takes numbers together that lie beside each other.
 *
 * @example
 * ```ts
 * import { spansOf } from "./number_spans.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(spansOf([7, 3, 1, 2]), [{ first: 1, last: 3 }, { first: 7, last: 7 }]);
 * ```
 *
 * @param numbers Whole numbers in any order, each once.
 */
export function spansOf(numbers: readonly number[]): NumberSpan[] {
  const spans: NumberSpan[] = [];
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const span = spans.at(-1);
    if (span?.last === number - 1) span.last = number;
    else spans.push({ first: number, last: number });
  }
  return spans;
}
