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
  const boundary = boundaryOf(headers);
  // The line between an upload's parts is random.
  const stable = (text: string) =>
    boundary === undefined ? text : text.replaceAll(boundary, "boundary");
  const named = headers.map(([name, value]) => [name.toLowerCase(), stable(mask(value))] as const)
    .filter(([name]) => !DIFFERS_BY_NATURE.test(name));
  return createHash("sha256")
    .update(`${method}\n${mask(url)}\n${JSON.stringify(named)}\n${stable(mask(toText(body)))}`)
    .digest("hex");
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
