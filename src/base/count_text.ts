/**
 * Counts in messages.
 *
 * @module
 */

/** `1300` → `1,300` */
export function countText(count: number): string {
  return count.toLocaleString("en-US");
}
