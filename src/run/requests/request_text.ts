/**
 * A request and its answer as the record keeps them: JSON, secrets masked, long bodies cut.
 *
 * @module
 */
import { cutText } from "~/base/cut_text.ts";
import type { EgressResponse, GuestRequest } from "~/sandbox/protocol.ts";

/** Bodies are cut after this many characters. */
const MAX_BODY = 4_000;

/** JSON of headers and body. What a model sends holds stand-ins of secrets, no secrets. */
export function describeRequest(
  { headers, body }: GuestRequest,
  mask: (text: string) => string,
): string {
  return mask(JSON.stringify({ headers: Object.fromEntries(headers), body: bodyText(body) }));
}

/** The same of what came back; the egress worker has masked it. */
export function describeResponse({ headers, body }: EgressResponse): string {
  return JSON.stringify({ headers: Object.fromEntries(headers), body: bodyText(body) });
}

function bodyText(body: string | Uint8Array | null): string | null {
  if (body === null || body.length === 0) return null;
  if (typeof body === "string") return cutText(body, MAX_BODY);
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(body.subarray(0, MAX_BODY * 4), {
      stream: true,
    });
    return cutText(text, MAX_BODY);
  } catch {
    return `<${body.length} bytes>`;
  }
}
