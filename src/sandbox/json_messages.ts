/**
 * Which messages between host and guest JSON carries whole.
 *
 * V8's own serialization keeps every value, and costs two to five times as much to write and to read. Most
 * messages have neither bigint nor bytes; those go as JSON.
 *
 * @module
 */
import type { GuestMessage, HostMessage, Value } from "./protocol.ts";

/** What crosses their border. */
export type AnyMessage = GuestMessage | HostMessage;

/**
 * Of all messages that are made one text, in characters: escaped they may be six times as long, and a guest
 * says how long they are. No text of V8's is longer than 2^29.
 */
export const MAX_JSON_LENGTH = 4 * 2 ** 20;

/** What a pair of texts has around it. */
const QUOTES = 8;

/** Whether these messages together come out of JSON as they were. */
export function fitJson(messages: readonly AnyMessage[]): boolean {
  let length = 0;
  for (const message of messages) length += jsonLength(message);
  return length <= MAX_JSON_LENGTH;
}

/** About how long a message is as JSON; Infinity where it would not come out of it as it was. */
export function jsonLength(message: AnyMessage): number {
  switch (message.type) {
    case "http":
      return lengthOf(message.request);
    case "response":
      return lengthOf(message.response);
    case "rows":
      return (message.previous ?? []).reduce(
        (length, { columns, values }) => length + lengthOfValues(columns) + lengthOfValues(values),
        lengthOfValues(message.block.values),
      );
    case "save":
      return lengthOfValues(message.block.values);
    case "acknowledge":
      return message.groups.reduce(
        (length, { block }) => length + lengthOfValues(block?.values ?? []),
        0,
      );
    case "pull":
    case "close":
    case "saved":
      return 0;
    // All others are rare.
    default:
      return Infinity;
  }
}

function lengthOf(
  { url, headers, body }: {
    url: string;
    headers: readonly (readonly [string, string])[];
    body: string | Uint8Array | null;
  },
): number {
  if (body !== null && typeof body !== "string") return Infinity;
  let length = url.length + (body?.length ?? 0);
  for (const [name, value] of headers) length += name.length + value.length + QUOTES;
  return length;
}

function lengthOfValues(values: readonly Value[]): number {
  let length = values.length;
  for (const value of values) {
    if (typeof value === "string") length += value.length;
    else if (typeof value === "number") {
      // JSON has no infinity, and one zero.
      if (!Number.isFinite(value) || Object.is(value, -0)) return Infinity;
    } else if (value !== null) return Infinity;
  }
  return length;
}
