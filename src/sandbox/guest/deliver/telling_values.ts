/**
 * Which groups a request is about by the values in it: a model that reads ahead, or fills a batch by hand with copies
 * (`{ to: row.email }`), gives a request nothing else of theirs.
 *
 * A value tells a group if no other group in the model's hands has it, and it is unlikely to stand in a request
 * for another reason: a key, a mail address, an id. What another row in hand refers to, as to its parent, has to stand
 * in the request once more than those rows would put it there. Where nothing tells, keys that are small numbers may
 * (`telling_numbers.ts`).
 *
 * @module
 */
import type { Value } from "~/sandbox/protocol.ts";
import type { GivenGroup } from "./delivery.ts";
import { countHeld, textsOf } from "./group_texts.ts";
import { findByNumber } from "./telling_numbers.ts";
import { type Handle, handleOf, TextCounts } from "./text_counts.ts";

/** Where a model holds more, nothing is looked for: it would take longer than the request. */
const MOST_GROUPS = 1_000;
/** A smaller number may be a count, an amount or a version. */
const LEAST_NUMBER = 1_000_000;
const LEAST_KEY_LENGTH = 4;
const ADDRESS = /^[^\s@]+@[^\s@]+$/;
/** Letters and digits, as UUIDs and references are; a time is one too, and many things have the same. */
const ID = /^(?=.*\d)(?!\d{4}-\d\d-\d\d)[\w.:+-]{12,}$/;

/** What of a request tells groups. */
export interface TellingParts {
  /** What the body is made of, as the model gave it. */
  values: readonly unknown[];
  /** As they go out: the URL, headers, and the body where it is text. They may hold a change's key. */
  texts: readonly string[];
}

/**
 * Finds them.
 *
 * @param groups Those that the request may be about.
 * @param current Those of them that the loop has come to.
 */
export function findByValues(
  groups: ReadonlySet<GivenGroup>,
  current: readonly GivenGroup[],
  { values, texts }: TellingParts,
): ReadonlySet<GivenGroup> {
  // Alone it needs no telling.
  if (groups.size < 2 || groups.size > MOST_GROUPS) return new Set();
  const [url = "", ...others] = texts;
  // The host is the same of all requests.
  const decoded = [url.replace(/^\w+:\/\/[^/?#]*/, ""), ...others].map(decode);
  const tellers = [...groups].flatMap((group) => [...tellingValues(group).values()]);
  const counts = new TextCounts(decoded, tellers);
  const held = heldTellers(groups, counts);
  const found = held.size > 0 ? tellingOf(held, groups, current, counts) : new Set<GivenGroup>();
  return found.size > 0 ? found : findByNumber(groups, current, values, decoded[0] ?? "");
}

/** The groups of values that a request holds, and not because it is about another row, which refers to them. */
function tellingOf(
  held: ReadonlyMap<string, GivenGroup>,
  groups: ReadonlySet<GivenGroup>,
  current: readonly GivenGroup[],
  counts: TextCounts,
): Set<GivenGroup> {
  const referred = referredValues(held, groups, current);
  const found = new Set<GivenGroup>();
  for (const [value, group] of held) if (!referred.has(value)) found.add(group);
  for (const value of referred) {
    const group = held.get(value);
    if (!group || found.has(group)) continue;
    let count = counts.of(value, handleOf(value));
    for (const each of new Set([...found, ...current])) {
      if (each !== group) count -= countHeld(each, value);
    }
    if (count > 0) found.add(group);
  }
  return found;
}

/** Those that other rows have too, as a whole or, the row that the loop has come to, as a part. */
function referredValues(
  held: ReadonlyMap<string, GivenGroup>,
  groups: ReadonlySet<GivenGroup>,
  current: readonly GivenGroup[],
): ReadonlySet<string> {
  const referred = new Set<string>();
  for (const group of groups) {
    for (const text of textsOf(group)) if ((held.get(text) ?? group) !== group) referred.add(text);
  }
  for (const [value, group] of held) {
    if (current.some((each) => each !== group && countHeld(each, value) > 0)) referred.add(value);
  }
  return referred;
}

/** Values that the texts hold → the one group that has them. */
function heldTellers(
  groups: Iterable<GivenGroup>,
  counts: TextCounts,
): Map<string, GivenGroup> {
  const tellers = new Map<string, GivenGroup | undefined>();
  for (const group of groups) {
    for (const [value, handle] of tellingValues(group)) {
      if (counts.of(value, handle) === 0) continue;
      tellers.set(value, tellers.has(value) ? undefined : group);
    }
  }
  const held = new Map<string, GivenGroup>();
  for (const [value, group] of tellers) if (group) held.set(value, group);
  return held;
}

const known = new WeakMap<GivenGroup, ReadonlyMap<string, Handle>>();

/** Value → by what it is found. */
function tellingValues(group: GivenGroup): ReadonlyMap<string, Handle> {
  const before = known.get(group);
  if (before) return before;
  const { key, rows } = group;
  const values = new Map<string, Handle>();
  for (const row of [key, ...rows]) {
    for (const column of Object.keys(row)) {
      const text = tellingText(row[column], Object.hasOwn(key, column));
      if (text !== undefined) values.set(text, handleOf(text));
    }
  }
  known.set(group, values);
  return values;
}

function tellingText(value: Value | undefined, isKey: boolean): string | undefined {
  if (typeof value === "number" || typeof value === "bigint") {
    return isKey && value >= LEAST_NUMBER ? String(value) : undefined;
  }
  if (typeof value !== "string") return undefined;
  if (isKey) return value.length >= LEAST_KEY_LENGTH ? value : undefined;
  return ADDRESS.test(value) || ID.test(value) ? value : undefined;
}

/** As in a URL or a form. */
function decode(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
