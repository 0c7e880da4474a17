/**
 * Which groups a request is about by the values in it: a model that reads ahead, or fills a batch by hand with copies
 * (`{ to: row.email }`), gives a request nothing else of theirs.
 *
 * A value tells a group if no other group in the model's hands has it, and it is unlikely to stand in a request
 * for another reason: a key, a mail address, an id. What a request takes from its own group's rows can so never
 * tell another one. A key that is a small number tells its group where it stands under the key's name, or as the
 * one such number of the URL.
 *
 * @module
 */
import { foldName } from "~/base/same_name.ts";
import type { Value } from "~/sandbox/protocol.ts";
import type { GivenGroup } from "./delivery.ts";

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
  /** What the body is made of. */
  values: readonly unknown[];
  /** As they go out; the first one is the URL. */
  texts: readonly string[];
}

/**
 * Finds them.
 *
 * @param groups Those that the request may be about.
 */
export function findByValues(
  groups: ReadonlySet<GivenGroup>,
  { values, texts }: TellingParts,
): ReadonlySet<GivenGroup> {
  const found = new Set<GivenGroup>();
  // Alone it needs no telling.
  if (groups.size < 2 || groups.size > MOST_GROUPS) return found;
  const [url = "", ...others] = texts;
  // The host is the same of all requests.
  const decoded = [url.replace(/^\w+:\/\/[^/?#]*/, ""), ...others].map(decode);
  for (const [value, group] of tellersOf(groups)) {
    if (!group || found.has(group)) continue;
    if (decoded.some((text) => holds(text, value))) found.add(group);
  }
  return found.size > 0 ? found : findByNumber(groups, values, decoded[0] ?? "");
}

/** By keys that are one number. */
function findByNumber(
  groups: ReadonlySet<GivenGroup>,
  values: readonly unknown[],
  url: string,
): Set<GivenGroup> {
  const byNumber = new Map<string, GivenGroup>();
  let name = "";
  for (const group of groups) {
    const [[column, value] = [], ...others] = Object.entries(group.key);
    if (column === undefined || others.length > 0) return new Set();
    name = foldName(column);
    if (typeof value === "number" || typeof value === "bigint") byNumber.set(`${value}`, group);
  }
  const found = new Set<GivenGroup>();
  for (const value of values) eachNamed(value, name, (text) => add(byNumber.get(text), found));
  if (found.size > 0) return found;
  // Several may be parts of the address that are always there.
  for (const [number] of url.matchAll(/(?<=[/=])\d+(?=[/?&#]|$)/g)) {
    add(byNumber.get(number), found);
  }
  return found.size === 1 ? found : new Set();
}

function add(group: GivenGroup | undefined, to: Set<GivenGroup>): void {
  if (group) to.add(group);
}

/** `{ inputs: [{ properties: { id: 7 } }] }` */
const MAX_DEPTH = 4;

function eachNamed(value: unknown, name: string, see: (text: string) => void, depth = 0): void {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return;
  for (const [key, each] of Object.entries(value)) {
    if (foldName(key) === name && typeof each !== "object") see(String(each));
    else if (depth < MAX_DEPTH) eachNamed(each, name, see, depth + 1);
  }
}

/** Value → its one group; `undefined`: it has several. */
function tellersOf(groups: Iterable<GivenGroup>): Map<string, GivenGroup | undefined> {
  const tellers = new Map<string, GivenGroup | undefined>();
  for (const group of groups) {
    for (const value of tellingValues(group)) {
      tellers.set(value, tellers.has(value) ? undefined : group);
    }
  }
  return tellers;
}

const known = new WeakMap<GivenGroup, ReadonlySet<string>>();

function tellingValues(group: GivenGroup): ReadonlySet<string> {
  const before = known.get(group);
  if (before) return before;
  const { key, rows } = group;
  const values = new Set<string>();
  for (const row of [key, ...rows]) {
    for (const column of Object.keys(row)) {
      const text = tellingText(row[column], Object.hasOwn(key, column));
      if (text !== undefined) values.add(text);
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

/** Whether a text holds a value that is no part of a longer word. */
function holds(text: string, value: string): boolean {
  for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + 1)) {
    const around = text.charAt(at - 1) + text.charAt(at + value.length);
    if (!/[\p{L}\p{N}]/u.test(around)) return true;
  }
  return false;
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
