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
 * Of all messages that go together, in characters or bytes: escaped in a text they may be six times as long, and a
 * guest says how long they are. No text of V8's is longer than 2^29.
 */
export const MAX_JOINED_LENGTH = 4 * 2 ** 20;

/** What a pair of texts has around it. */
const QUOTES = 8;

/** How a message is to be written. */
export interface Extent {
  /** About how long it is, in characters or bytes; Infinity where that is not looked for. */
  length: number;
  /** Whether it comes out of JSON as it was. */
  isText: boolean;
}

/** See {@linkcode Extent}. */
export function extentOf(message: AnyMessage): Extent {
  const extent = { length: 0, isText: true };
  switch (message.type) {
    case "http":
      addRequest(extent, message.request);
      break;
    case "response":
      addRequest(extent, message.response);
      break;
    case "rows":
      addValues(extent, message.block.values);
      for (const { columns, values } of message.previous ?? []) {
        addValues(extent, columns);
        addValues(extent, values);
      }
      break;
    case "save":
      addValues(extent, message.block.values);
      break;
    case "acknowledge":
      for (const { block } of message.groups) addValues(extent, block?.values ?? []);
      break;
    case "pull":
    case "close":
    case "saved":
      break;
    // All others are rare.
    default:
      return { length: Infinity, isText: false };
  }
  return extent;
}

function addRequest(
  extent: Extent,
  { url, headers, body }: {
    url: string;
    headers: readonly (readonly [string, string])[];
    body: string | Uint8Array | null;
  },
): void {
  extent.length += url.length + (body?.length ?? 0);
  if (body !== null && typeof body !== "string") extent.isText = false;
  for (const [name, value] of headers) extent.length += name.length + value.length + QUOTES;
}

function addValues(extent: Extent, values: readonly Value[]): void {
  extent.length += values.length;
  for (const value of values) {
    if (typeof value === "string") extent.length += value.length;
    else if (typeof value === "number") {
      // JSON has no infinity, and one zero.
      if (!Number.isFinite(value) || Object.is(value, -0)) extent.isText = false;
    } else if (value !== null) {
      extent.isText = false;
      if (typeof value !== "bigint") extent.length += value.length;
    }
  }
}
