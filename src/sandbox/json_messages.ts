/**
 * Which messages JSON carries whole.
 *
 * V8's own serialization keeps every value, and costs two to five times as much to write and to read. Most
 * messages have neither bigint nor bytes; those go as JSON.
 *
 * @module
 */
import type { FromEgress, GuestMessage, HostMessage, ToEgress, Value } from "./protocol.ts";

/** What crosses a border. */
export type AnyMessage = GuestMessage | HostMessage | ToEgress | FromEgress;

/** In characters, of one message: those of one turn together must be far from the longest string. */
const MAX_TEXT_LENGTH = 4 * 2 ** 20;

/** Whether a message comes out of JSON as it was. False also where nobody would notice the difference. */
export function fitsJson(message: AnyMessage): boolean {
  switch (message.type) {
    case "http":
    case "request":
      return isShortText(message.request.body);
    case "response":
      return isShortText(message.response.body);
    case "rows":
      return areJsonValues(message.block.values) &&
        (message.previous === undefined || areJsonValues(message.previous.values));
    case "save":
      return areJsonValues(message.block.values);
    case "acknowledge":
      return message.groups.every(({ block }) => block === null || areJsonValues(block.values));
    case "pull":
    case "close":
    case "opened":
    case "saved":
    case "reject":
    case "permit":
      return true;
    default:
      return false;
  }
}

function isShortText(body: string | Uint8Array | null): boolean {
  return body === null || (typeof body === "string" && body.length <= MAX_TEXT_LENGTH);
}

function areJsonValues(values: readonly Value[]): boolean {
  let length = 0;
  for (const value of values) {
    if (typeof value === "string") length += value.length;
    else if (typeof value === "number") {
      // JSON has no infinity, and one zero.
      if (!Number.isFinite(value) || Object.is(value, -0)) return false;
    } else if (value !== null) return false;
  }
  return length <= MAX_TEXT_LENGTH;
}
