/**
 * Durations as people write them: `500ms`, `30s`, `10m`, `2h`, `7d`.
 *
 * @module
 */

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * Reads a duration.
 *
 * @returns Milliseconds, or `undefined` when the text is not a duration.
 */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/.exec(text.trim());
  if (!match) return undefined;
  const unit = match[2] as keyof typeof UNIT_MS;
  return Math.round(Number(match[1]) * UNIT_MS[unit]);
}

/** Writes a duration as it is typed, in the largest unit that leaves a whole number: `10m`. */
export function typedDuration(ms: number): string {
  const [length, unit] = wholeUnits(ms);
  return `${length}${unit}`;
}

/** How many of the largest unit that leaves a whole number. */
export function wholeUnits(ms: number): [length: number, unit: string] {
  const [unit, size] = Object.entries(UNIT_MS)
    .findLast(([, each]) => ms >= each && ms % each === 0) ?? ["ms", 1];
  return [ms / size, unit];
}

/** No one reads hours of more. */
const LONGEST_TOLD_DAYS = 1_000;

/** Writes a duration for people: `12 ms`, `1.4 s`, `3 m 20 s`, `2 h 5 m`. */
export function renderDuration(ms: number): string {
  if (ms > LONGEST_TOLD_DAYS * UNIT_MS.d) return `more than ${LONGEST_TOLD_DAYS} days`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} m ${seconds % 60} s`;
  const minutes = Math.round(ms / 60_000);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} m`;
}
