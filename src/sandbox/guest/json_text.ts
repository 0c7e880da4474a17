/**
 * Values as JSON text. What JSON has no place for is refused, where `JSON.stringify` makes `null` or `{}` of it:
 * nobody would see that it is lost. As there, a property that is undefined or a function is left out.
 *
 * @module
 */

/** A value that JSON has no place for. */
export class NotJson extends Error {
  override name = "NotJson";

  /**
   * @param place Where it is, from the whole value on: `.rows[0].v`.
   * @param what `NaN`, `a Map`.
   * @param hint What to give instead.
   */
  constructor(readonly place: string, readonly what: string, readonly hint: string) {
    super(place === "" ? `it is ${what}` : `${place} is ${what}`);
  }
}

/**
 * Writes a value as JSON.
 *
 * @param replace What stands for a value; `JSON.stringify` has it.
 * @throws {NotJson}
 */
export function jsonText(
  value: unknown,
  replace: (value: unknown) => unknown = (value) => value,
): string {
  const text = JSON.stringify(value, function (this: object, key, each) {
    const misfit = misfitOf(each, this, key);
    if (misfit) throw new NotJson(placeOf(value, this, key), ...misfit);
    return replace(each);
  });
  if (text === undefined) throw new NotJson("", ...leftOut(value));
  return text;
}

type Misfit = readonly [what: string, hint: string];

const NO_VALUE = "Give null where there is no value.";

/** @param value What is in the holder; of what has `toJSON`, what that gives. */
function misfitOf(value: unknown, holder: object, key: string): Misfit | undefined {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) ? undefined : [String(value), NO_VALUE];
    case "undefined":
    case "function":
    case "symbol":
      return Array.isArray(holder) ? leftOut(value) : undefined;
    case "object":
      return value === null ? misfitOfNull(holder, key) : misfitOfObject(value);
    default:
      return undefined;
  }
}

/** What is left out of an object has no place elsewhere. */
function leftOut(value: unknown): Misfit {
  return value === undefined
    ? ["undefined", NO_VALUE]
    : [`a ${typeof value}`, "Give what is to be sent of it."];
}

/** A Date without a time gives null. */
function misfitOfNull(holder: object, key: string): Misfit | undefined {
  const before = (holder as Record<string, unknown>)[key];
  return before instanceof Date ? ["a Date without a time", NO_VALUE] : undefined;
}

function misfitOfObject(value: object): Misfit | undefined {
  if (value instanceof Map) return ["a Map", "Give Object.fromEntries(map), or [...map]."];
  if (value instanceof Set) return ["a Set", "Give [...set]."];
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    return ["bytes", "Give a text in their place: bytes.toBase64(), say."];
  }
  const { then } = value as { then?: unknown };
  return typeof then === "function" ? ["a promise", "Write await before it."] : undefined;
}

/** Where a property is; what `toJSON` made is not found, and then only the name is told. */
function placeOf(whole: unknown, holder: object, key: string): string {
  const isWhole = holder !== whole && Object.is((holder as Record<string, unknown>)[key], whole);
  return key === "" && isWhole ? "" : (pathTo(holder, whole) ?? "") + step(holder, key);
}

function pathTo(wanted: object, whole: unknown): string | undefined {
  const seen = new Set<unknown>();
  const left: [value: unknown, path: string][] = [[whole, ""]];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [value, path] = next;
    if (value === wanted) return path;
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    for (const [key, each] of Object.entries(value)) left.push([each, path + step(value, key)]);
  }
  return undefined;
}

function step(holder: object, key: string): string {
  if (Array.isArray(holder)) return `[${key}]`;
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}
