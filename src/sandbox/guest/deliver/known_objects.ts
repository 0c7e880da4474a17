/**
 * Which group an object is of that a loop of the model's was given: a row, a key, a group or a change, known by
 * its identity; and which change an `idempotencyKey` is of.
 *
 * `each` and `batches` do not need it, and rows that they are given are not noted: it costs more than the row.
 *
 * @module
 */
import type { GivenGroup } from "./delivery.ts";

const groups = new WeakMap<object, GivenGroup>();
const keys = new Map<string, GivenGroup>();
let forgetAt = 1_000;
let isEmpty = true;

/** Notes objects that a model is given of a group. */
export function noteObjects(group: GivenGroup | undefined, objects: readonly object[]): void {
  if (!group) return;
  isEmpty = false;
  for (const each of objects) groups.set(each, group);
}

/** Notes the key that a model is shown of a change. */
export function noteKey(key: string, group: GivenGroup): void {
  keys.set(key, group);
  if (keys.size < forgetAt) return;
  for (const [each, { state }] of keys) if (state !== "open") keys.delete(each);
  forgetAt = Math.max(1_000, keys.size * 2);
}

/** The group that an object is of. */
export function groupOf(value: unknown): GivenGroup | undefined {
  return typeof value === "object" && value !== null ? groups.get(value) : undefined;
}

/** How deep a body is looked through: `{ inputs: [{ properties: row }] }`. */
export const MAX_DEPTH = 4;

/** Adds the groups whose objects a value is or holds. */
export function findGroups(value: unknown, found: Set<GivenGroup>, depth = 0): void {
  if (isEmpty || typeof value !== "object" || value === null) return;
  const group = groups.get(value);
  if (group) found.add(group);
  else if (depth < MAX_DEPTH && !ArrayBuffer.isView(value)) {
    for (const each of Object.values(value)) findGroups(each, found, depth + 1);
  }
}

/** Adds the groups whose changes' keys a text holds. */
export function findKeys(text: string, found: Set<GivenGroup>): void {
  if (keys.size === 0) return;
  for (const [key] of text.matchAll(/[0-9a-f]{32}/g)) {
    const group = keys.get(key);
    if (group) found.add(group);
  }
}
