/**
 * Which groups a request is about by keys that are one small number each: in a request it may stand for many reasons.
 *
 * Such a key tells its group where it stands under the key's name, or as the one such number of the URL. If the row
 * that the loop has come to is there, then in its place alone; else not where that row refers to it, or it is that of
 * an object beside other values.
 *
 * @module
 */
import { foldName } from "~/base/text/same_name.ts";
import type { GivenGroup } from "./delivery.ts";
import { textsOf } from "./group_texts.ts";
import { MAX_DEPTH } from "./known_objects.ts";

/**
 * Finds them.
 *
 * @param groups Those that the request may be about.
 * @param current Those of them that the loop has come to.
 * @param values What the body is made of, as the model gave it.
 * @param url Without its host, decoded.
 */
export function findByNumber(
  groups: ReadonlySet<GivenGroup>,
  current: readonly GivenGroup[],
  values: readonly unknown[],
  url: string,
): ReadonlySet<GivenGroup> {
  const keys = numberKeysOf(groups);
  if (!keys) return new Set();
  const { places, aside } = placesInBody(values, keys);
  const inUrl = groupsInUrl(url, keys);
  const all = places.length === 0 && inUrl.size === 1 ? [inUrl] : places;
  const own = all.find((found) => current.some((group) => found.has(group)));
  if (own || current.some((group) => inUrl.has(group))) return own ?? new Set();
  const isOther = (group: GivenGroup) =>
    aside.has(group) ||
    current.some((each) => textsOf(each).has(`${Object.values(group.key)[0]}`));
  return new Set(
    all.filter((found) => !found.values().some(isOther)).flatMap((found) => [...found]),
  );
}

interface NumberKeys {
  /** Of the key's column, folded. */
  name: string;
  byNumber: ReadonlyMap<string, GivenGroup>;
}

/** `undefined`: the key has several columns. */
function numberKeysOf(groups: Iterable<GivenGroup>): NumberKeys | undefined {
  const byNumber = new Map<string, GivenGroup>();
  let name = "";
  for (const group of groups) {
    const [[column, value] = [], ...others] = Object.entries(group.key);
    if (column === undefined || others.length > 0) return undefined;
    name = foldName(column);
    if (typeof value === "number" || typeof value === "bigint") byNumber.set(`${value}`, group);
  }
  return { name, byNumber };
}

interface BodyPlaces {
  /** Groups whose keys stand in one place. */
  places: ReadonlySet<GivenGroup>[];
  /** Those of an object beside other values. */
  aside: ReadonlySet<GivenGroup>;
}

function placesInBody(values: readonly unknown[], { name, byNumber }: NumberKeys): BodyPlaces {
  const places = new Map<string, Set<GivenGroup>>();
  const aside = new Set<GivenGroup>();
  for (const value of values) {
    eachNamed(value, name, (text, place, isAside) => {
      const group = byNumber.get(text);
      if (!group) return;
      if (isAside) aside.add(group);
      places.set(place, (places.get(place) ?? new Set()).add(group));
    });
  }
  return { places: [...places.values()], aside };
}

/** Several may be parts of the address that are always there. */
function groupsInUrl(url: string, { byNumber }: NumberKeys): ReadonlySet<GivenGroup> {
  const numbers = [...url.matchAll(/(?<=[/=])\d+(?=[/?&#]|$)/g)];
  return new Set(numbers.flatMap(([number]) => byNumber.get(number) ?? []));
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
