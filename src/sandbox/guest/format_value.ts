/**
 * Values as text for the log. A small formatter of its own, because a general one calls hooks
 * that a model's objects can carry. Getters are not called.
 *
 * @module
 */
import { shortenText } from "~/base/text/cut_text.ts";
import { HttpResponse } from "~/sandbox/guest/http/http_response.ts";

const MAX_DEPTH = 4;
const MAX_ITEMS = 100;
const MAX_TEXT = 10_000;

/** Puts the arguments of a log call together, as `console.log` does; at most 10,000 characters. */
export function formatMessage(values: readonly unknown[]): string {
  const text = values
    .map((value) => typeof value === "string" ? value : formatValue(value))
    .join(" ");
  return shortenText(text, MAX_TEXT);
}

/** What a value is, where it is not what it should be: `an object`, `a number`, `null`. */
export function nameKind(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** One value as text. Never throws. */
export function formatValue(value: unknown): string {
  try {
    return format(value, []);
  } catch {
    // A proxy of the model's that throws when it is looked at.
    return "[object that cannot be shown]";
  }
}

function format(value: unknown, parents: readonly object[]): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(shortenText(value, MAX_TEXT));
    case "bigint":
      return `${value}n`;
    case "function":
      return `[function ${value.name || "without name"}]`;
    case "object":
      return value === null ? "null" : formatObject(value, parents);
    default:
      return String(value);
  }
}

function formatObject(value: object, parents: readonly object[]): string {
  if (value instanceof Error) return formatError(value);
  if (value instanceof Date) return isNaN(value.getTime()) ? "no date" : value.toISOString();
  if (value instanceof RegExp || value instanceof URL) return String(value);
  if (value instanceof Promise) return "Promise";
  // Its status is a getter, and to show it is not to look at it.
  if (value instanceof HttpResponse) {
    return HttpResponse.ours(
      value,
      ({ status, url }) => `{ status: ${status}, url: ${format(url, parents)} }`,
    );
  }
  if (parents.includes(value)) return "[circular]";
  if (parents.length >= MAX_DEPTH) return Array.isArray(value) ? "[…]" : "{…}";
  const trail = [...parents, value];
  if (Array.isArray(value)) return formatItems("[", value, "]", (each) => format(each, trail));
  if (value instanceof Map) {
    return formatItems(
      "Map {",
      [...value],
      "}",
      ([k, v]) => `${format(k, trail)} => ${format(v, trail)}`,
    );
  }
  if (value instanceof Set) {
    return formatItems("Set {", [...value], "}", (each) => format(each, trail));
  }
  if (ArrayBuffer.isView(value)) return formatBytes(value);
  return formatItems(
    "{",
    Object.keys(value),
    "}",
    (key) => `${key}: ${formatField(value, key, trail)}`,
  );
}

function formatField(value: object, key: string, trail: readonly object[]): string {
  const field = Object.getOwnPropertyDescriptor(value, key);
  return field && "value" in field ? format(field.value, trail) : "[getter]";
}

function formatItems<T>(
  open: string,
  items: readonly T[],
  close: string,
  formatItem: (item: T) => string,
): string {
  if (items.length === 0) return `${open}${close}`;
  const shown = items.slice(0, MAX_ITEMS).map(formatItem);
  if (items.length > MAX_ITEMS) shown.push(`… ${items.length - MAX_ITEMS} more`);
  const text = shown.join(", ");
  return open === "[" ? `[${text}]` : `${open} ${text} ${close}`;
}

function formatError(error: Error): string {
  const { name, message } = error;
  const cause = error.cause === undefined ? "" : ` (caused by ${formatValue(error.cause)})`;
  return `${name}: ${message}${cause}`;
}

function formatBytes(view: ArrayBufferView): string {
  return `${view.constructor.name}(${view.byteLength} bytes)`;
}
