/**
 * Rates as people write them: `100/10s`, `5/s`, `10/min`, `1000/h`.
 *
 * @module
 */
import { parseDurationMs } from "./duration.ts";

/** So many in any stretch of time of this length. */
export interface Rate {
  count: number;
  windowMs: number;
}

const UNITS: readonly (readonly [unit: string, ms: number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
  ["ms", 1],
];

/**
 * Reads a rate; a window without a number is one unit long.
 *
 * @example
 * ```ts
 * import { parseRate } from "./rate.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(parseRate("100/10s"), { count: 100, windowMs: 10_000 });
 * assert.deepEqual(parseRate("10/min"), { count: 10, windowMs: 60_000 });
 * assert.equal(parseRate("100"), undefined);
 * ```
 *
 * @returns `undefined` when the text is not a rate.
 */
export function parseRate(text: string): Rate | undefined {
  const match = /^(\d{1,15}) ?\/ ?(\d+(?:\.\d+)?)? ?(ms|s|min|m|h|d)$/.exec(text.trim());
  if (!match) return undefined;
  const [, count, length = "1", unit = ""] = match;
  const windowMs = parseDurationMs(`${length}${unit === "min" ? "m" : unit}`);
  return windowMs === undefined ? undefined : { count: Number(count), windowMs };
}

/** Writes a rate as `parseRate` reads it, in the largest unit that leaves a whole number. */
export function renderRate({ count, windowMs }: Rate): string {
  const [unit, ms] = UNITS.find(([, ms]) => windowMs % ms === 0) ?? ["ms", 1];
  const length = windowMs / ms;
  return `${count}/${length === 1 ? "" : length}${unit}`;
}
