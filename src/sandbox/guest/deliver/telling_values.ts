/**
 * Which groups a request is about by the values in it: a model that reads ahead, or fills a batch by hand with copies
 * (`{ to: row.email }`), gives a request nothing else of theirs.
 *
 * A value tells a group if no other group in the model's hands has it, and it is unlikely to stand in a request
 * for another reason: a key, a mail address, an id. What another row in hand refers to, as to its parent, has to stand
 * in the request once more than those rows would put it there. A key that is a small number tells its group where it
 * stands under the key's name, or as the one such number of the URL; if the row that the loop has come to is there, in
 * its place alone, and else not where that row refers to it, or it is that of an object beside other values.
 *
 * @module
 */
import { foldName } from "~/base/same_name.ts";
import type { Value } from "~/sandbox/protocol.ts";
import type { GivenGroup } from "./delivery.ts";
import { MAX_DEPTH } from "./known_objects.ts";
import { countIn, type Handle, handleOf, TextCounts } from "./text_counts.ts";

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
  const held = new Map<string, GivenGroup>();
  for (const [value, group] of tellersOf(groups, counts)) if (group) held.set(value, group);
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
  const referred = new Set<string>();
  for (const group of groups) {
    for (const text of textsOf(group)) if ((held.get(text) ?? group) !== group) referred.add(text);
  }
  for (const [value, group] of held) {
    if (current.some((each) => each !== group && countHeld(each, value) > 0)) referred.add(value);
  }
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

/** By keys that are one number. */
function findByNumber(
  groups: ReadonlySet<GivenGroup>,
  current: readonly GivenGroup[],
  values: readonly unknown[],
  url: string,
): ReadonlySet<GivenGroup> {
  const byNumber = new Map<string, GivenGroup>();
  let name = "";
  for (const group of groups) {
    const [[column, value] = [], ...others] = Object.entries(group.key);
    if (column === undefined || others.length > 0) return new Set();
    name = foldName(column);
    if (typeof value === "number" || typeof value === "bigint") byNumber.set(`${value}`, group);
  }
  const places = new Map<string, Set<GivenGroup>>();
  const aside = new Set<GivenGroup>();
  const note = (text: string, place: string, isAside: boolean) => {
    const group = byNumber.get(text);
    if (group && isAside) aside.add(group);
    if (group) places.set(place, (places.get(place) ?? new Set()).add(group));
  };
  for (const value of values) eachNamed(value, name, note);
  // Several may be parts of the address that are always there.
  const inUrl = new Set<GivenGroup>();
  for (const [number] of url.matchAll(/(?<=[/=])\d+(?=[/?&#]|$)/g)) {
    const group = byNumber.get(number);
    if (group) inUrl.add(group);
  }
  const inBody = [...places.values()];
  const all = inBody.length === 0 && inUrl.size === 1 ? [inUrl] : inBody;
  const own = all.find((found) => current.some((group) => found.has(group)));
  if (own || current.some((group) => inUrl.has(group))) return own ?? new Set();
  const isOther = (group: GivenGroup) =>
    aside.has(group) ||
    current.some((each) => textsOf(each).has(`${Object.values(group.key)[0]}`));
  return new Set(
    all.filter((found) => !found.values().some(isOther)).flatMap((found) => [...found]),
  );
}

/**
 * @param see Given a value under that name, the names that lead there (all items of a list are in one place), and
 * whether it is that of an object beside other values, as `{ name, type: { id: 3 } }` has one.
 */
function eachNamed(
  value: unknown,
  name: string,
  see: (text: string, place: string, isAside: boolean) => void,
  depth = 0,
  place = "",
  isAside = false,
): void {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return;
  const isList = Array.isArray(value);
  const entries = Object.entries(value);
  for (const [key, each] of entries) {
    if (foldName(key) === name && typeof each !== "object") see(String(each), place, isAside);
    else if (depth < MAX_DEPTH) {
      const isBeside = isAside || !(isList || Array.isArray(each) || entries.length === 1);
      eachNamed(each, name, see, depth + 1, isList ? `${place}[]` : `${place}.${key}`, isBeside);
    }
  }
}

/** Values that the texts hold → their one group; `undefined`: it has several. */
function tellersOf(
  groups: Iterable<GivenGroup>,
  counts: TextCounts,
): Map<string, GivenGroup | undefined> {
  const tellers = new Map<string, GivenGroup | undefined>();
  for (const group of groups) {
    for (const [value, handle] of tellingValues(group)) {
      if (counts.of(value, handle) === 0) continue;
      tellers.set(value, tellers.has(value) ? undefined : group);
    }
  }
  return tellers;
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

const knownTexts = new WeakMap<GivenGroup, ReadonlySet<string>>();

/** All that stands in a group's rows. */
function textsOf(group: GivenGroup): ReadonlySet<string> {
  const before = knownTexts.get(group);
  if (before) return before;
  const texts = new Set<string>();
  for (const row of group.rows) {
    for (const value of Object.values(row)) {
      if (value !== null && !(value instanceof Uint8Array)) texts.add(String(value));
    }
  }
  knownTexts.set(group, texts);
  return texts;
}

/** How often a group's rows would put a value into a request. */
function countHeld(group: GivenGroup, value: string): number {
  let count = 0;
  for (const text of textsOf(group)) count += countIn(text, value);
  return count;
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
