/**
 * Two long texts, where they differ.
 *
 * @module
 */

/** Characters that are the same and shown, so that one sees where it is. */
const LEAD = 10;

/** Both from a little before the first character that differs; `…` stands for what is left out. */
export function fromDifference(a: string, b: string): [string, string] {
  let at = 0;
  while (at < a.length && at < b.length && a.charCodeAt(at) === b.charCodeAt(at)) at += 1;
  // An even place: two digits of hex are one byte.
  let start = Math.max(0, at - at % 2 - LEAD);
  if (isSecondHalf(a.charCodeAt(start))) start -= 1;
  return start <= 0 ? [a, b] : [`…${a.slice(start)}`, `…${b.slice(start)}`];
}

/** Of a character that takes two units. */
function isSecondHalf(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
