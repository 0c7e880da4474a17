/**
 * Texts of any length, as people are shown them.
 *
 * @module
 */
import { renderCount } from "./counts.ts";

/** A longer text ends in `…`. */
export function shortenText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  // Half of a character that takes two units is none.
  return `${text.slice(0, maxLength).replace(/[\ud800-\udbff]$/, "")}…`;
}

/** A longer text ends in `…` and says how long it is: `aaaa… (1,000,000 characters)`. */
export function cutText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  return `${shortenText(text, maxLength)} (${renderCount(text.length)} characters)`;
}
