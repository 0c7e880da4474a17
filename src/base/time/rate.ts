/**
 * Rates as people write them: `100/10s`, `5/s`, `10/min`, `1000/h`.
 *
 * @module
 */
import { parseDurationMs, wholeUnits } from "./duration.ts";

/** So many in any stretch of time of this length. */
export interface Rate {
  count: number;
  windowMs: number;
}

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
  const [length, unit] = wholeUnits(windowMs);
  return `${count}/${length === 1 ? "" : length}${unit === "m" ? "min" : unit}`;
}
