/**
 * What a request is told by, in a plan and when it is about to leave.
 *
 * It is made of what the model asked for, with secrets masked: their stand-ins differ from run to run. Headers
 * are a part of it, but for those that differ by nature: dates, signatures, what is made for one request.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";

/** What of a request counts. */
export interface RequestContent {
  method: string;
  url: string;
  headers: readonly (readonly [string, string])[];
  body: string | Uint8Array | null;
}

const DIFFERS_BY_NATURE = new RegExp(
  "^(proxy-)?authorization$|^cookie$|signature|nonce|digest|idempotency|" +
    "(^|-)(at|date|time|timestamp|expires|delivery|uuid|guid|sign|hmac|auth|token)$|" +
    "^(traceparent|tracestate|baggage)$|" +
    "(request|correlation|trace|span|webhook|message|event|delivery|run|job|session)-?id$|-run$",
);

/** SHA-256, hexadecimal. */
export function requestIdentity(
  { method, url, headers, body }: RequestContent,
  mask: (text: string) => string,
): string {
  const stable = withoutBoundary(headers);
  const masked = headers.map(([name, value]) => [name, mask(value)] as const);
  const counted = JSON.stringify(countedHeaders(masked));
  return createHash("sha256")
    .update(`${method}\n${mask(url)}\n${counted}\n${stable(mask(toText(body)))}`)
    .digest("hex");
}

/** Headers by which requests are told apart, their names in small letters. */
export function countedHeaders(headers: RequestContent["headers"]): [string, string][] {
  const stable = withoutBoundary(headers);
  return headers.map(([name, value]): [string, string] => [name.toLowerCase(), stable(value)])
    .filter(([name]) => !DIFFERS_BY_NATURE.test(name));
}

/** What takes the random line between an upload's parts out of texts of the request. */
export function withoutBoundary(headers: RequestContent["headers"]): (text: string) => string {
  const boundary = boundaryOf(headers);
  return (text) => boundary === undefined ? text : text.replaceAll(boundary, "boundary");
}

/** Bytes as one character each: none is lost, and masking finds its texts. */
function toText(body: RequestContent["body"]): string {
  if (body === null || typeof body === "string") return body ?? "";
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("latin1");
}

function boundaryOf(headers: RequestContent["headers"]): string | undefined {
  const type = headers.find(([name]) => name.toLowerCase() === "content-type")?.[1];
  return /^multipart\/.*;\s*boundary="?([^";]+)/i.exec(type ?? "")?.[1];
}
