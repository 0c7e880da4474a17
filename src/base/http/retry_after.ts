/**
 * The `Retry-After` header: seconds or a date.
 * https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 *
 * @module
 */

/**
 * Reads a `Retry-After` header.
 *
 * @example
 * ```ts
 * import { parseRetryAfterMs } from "./retry_after.ts";
 * import assert from "node:assert/strict";
 *
 * const now = Date.parse("2025-01-01T00:00:00Z");
 *
 * assert.equal(parseRetryAfterMs("120", now), 120_000);
 * assert.equal(parseRetryAfterMs("Wed, 01 Jan 2025 00:00:05 GMT", now), 5_000);
 * assert.equal(parseRetryAfterMs("soon", now), undefined);
 * ```
 *
 * @param header The header's value, or what there is where it is missing.
 * @param nowMs The present, in milliseconds since 1970.
 * @returns Milliseconds to wait, 0 for a date that has passed; `undefined` when the header is
 * missing or says neither. Fractions of a second, which some servers send, are read too.
 */
export function parseRetryAfterMs(
  header: string | null | undefined,
  nowMs: number,
): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d+(?:\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1_000);
  // `Date.parse` takes nearly anything, "5 apples" too: a date begins with the day's name.
  if (!/^[A-Z][a-z]{2,8},? /.test(text)) return undefined;
  // The oldest of the three forms names no zone; it means GMT too.
  const dateMs = Date.parse(/(?:GMT|UTC|[+-]\d{4})$/.test(text) ? text : `${text} GMT`);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}
