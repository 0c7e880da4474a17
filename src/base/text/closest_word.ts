/**
 * The nearest known word to a misspelt one, for "Did you mean …?".
 *
 * @module
 */

/**
 * Finds the known word that is most likely meant.
 *
 * @example
 * ```ts
 * import { closestWord } from "./closest_word.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(closestWord("uniqe_key", ["kind", "unique_key"]), "unique_key");
 * assert.equal(closestWord("zebra", ["kind", "unique_key"]), undefined);
 * ```
 *
 * @param word What was written.
 * @param known What could have been meant.
 * @returns The nearest of `known`, or `undefined` when none is near: more than a third of the
 * letters (and at least two) would have to change, or as many as it has: `md` is not meant by `xml`.
 */
export function closestWord(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase(), bestDistance);
    if (distance < bestDistance && distance < candidate.length) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Optimal string alignment distance (a transposition counts once), cut off at `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(
        (previous[j] ?? 0) + 1,
        (current[j - 1] ?? 0) + 1,
        (previous[j - 1] ?? 0) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (beforePrevious[j - 2] ?? 0) + 1);
      }
      current.push(cost);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length] ?? limit;
}
