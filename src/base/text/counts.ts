/**
 * Numbers as people read them.
 *
 * @module
 */

/** `1234567` → `1,234,567`. */
export function renderCount(value: number | bigint): string {
  return String(value).replace(/(?<=\d)(?=(?:\d{3})+$)/g, ",");
}

/** `1 row`, `2 rows`, `1,000 rows`; a plural that is not just an `s` is given. */
export function countOf(value: number, one: string, many = `${one}s`): string {
  return `${renderCount(value)} ${value === 1 ? one : many}`;
}

/**
 * What is shown of a list, and last how many there are besides: `a`, `b`, `… 12 more (--all shows them)`.
 *
 * @param by The option, or the command, that shows them.
 */
export function withRest(shown: readonly string[], more: number, by?: string): string[] {
  const how = by === undefined ? "" : ` (${by} shows them)`;
  return more > 0 ? [...shown, `… ${renderCount(more)} more${how}`] : [...shown];
}
