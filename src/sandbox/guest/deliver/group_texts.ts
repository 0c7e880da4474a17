/**
 * What stands in a group's rows, as text.
 *
 * @module
 */
import type { GivenGroup } from "./delivery.ts";
import { countIn } from "./text_counts.ts";

const known = new WeakMap<GivenGroup, ReadonlySet<string>>();

/** All of it, but for bytes. */
export function textsOf(group: GivenGroup): ReadonlySet<string> {
  const before = known.get(group);
  if (before) return before;
  const texts = new Set<string>();
  for (const row of group.rows) {
    for (const value of Object.values(row)) {
      if (value !== null && !(value instanceof Uint8Array)) texts.add(String(value));
    }
  }
  known.set(group, texts);
  return texts;
}

/** How often a group's rows would put a value into a request. */
export function countHeld(group: GivenGroup, value: string): number {
  let count = 0;
  for (const text of textsOf(group)) count += countIn(text, value);
  return count;
}
