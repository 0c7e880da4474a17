/**
 * The median, which one slow run on a busy machine cannot move.
 *
 * @module
 */

/**
 * Gives the middle value; of an even number of values the mean of the two in the middle.
 *
 * @throws {RangeError} If there is no value.
 */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) {
    throw new RangeError("Cannot take the median of no values");
  }
  return (lower + upper) / 2;
}
