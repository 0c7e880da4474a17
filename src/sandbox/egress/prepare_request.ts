/**
 * Turns what a model asked for into what is sent: checked, with real secrets and Spoor's headers.
 *
 * The request comes from the model; nothing in it is believed. Its host is checked on the URL that
 * the URL parser sees, before a secret is put anywhere.
 *
 * @module
 */
import type { EgressRequest } from "~/sandbox/protocol.ts";
import type { AllowedHosts } from "./allowed_hosts.ts";
import { EgressFailure } from "./egress_failure.ts";
import { type HeaderPair, headerValue, prepareHeaders } from "./prepare_headers.ts";
import { encodeForBody, encodeForPath, encodeForQuery } from "./secrets/secret_encoding.ts";
import type { StandIns } from "./secrets/stand_ins.ts";

/** A request as it goes out; each try sends the same. */
export interface OutgoingRequest {
  method: string;
  url: URL;
  headers: readonly HeaderPair[];
  body: string | Uint8Array<ArrayBuffer> | null;
  /** Names of headers that hold a secret; they do not follow to another origin. */
  secretHeaders: ReadonlySet<string>;
  /** Made for this request; whoever has one may send the same text in the model's name. */
  signatures: ReadonlySet<string>;
  timeoutMs: number;
  /** Tries after the first. */
  retries: number;
  /** False: a redirect is an answer. @default true */
  followsRedirects?: boolean;
  /** All that it is about had no answer in an earlier run. @default false */
  isRepeat?: boolean;
}

/** The longest that a timer can wait. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * See the module's comment.
 *
 * @throws {EgressFailure} Of kind `denied` or `invalid`: nothing may be sent.
 */
export function prepareRequest(
  request: EgressRequest,
  standIns: StandIns,
  allowedHosts: AllowedHosts,
): OutgoingRequest {
  const url = readUrl(standIns.replaceAtStart(String(request.url)));
  if (!allowedHosts.permits(url)) throw allowedHosts.refusal(url);
  const method = readMethod(request.method);
  const signatures = new Set<string>();
  const { headers, secretHeaders } = prepareHeaders(request, standIns, signatures);
  const body = readBody(request.body, method, headers, standIns, signatures);
  fillUrl(url, standIns, signatures);
  return {
    method,
    url,
    headers,
    body,
    secretHeaders,
    signatures,
    timeoutMs: clamp(request.timeoutMs, 1, LONGEST_TIMEOUT_MS),
    retries: clamp(request.retries, 0, 1_000),
    isRepeat: request.isRepeat === true,
  };
}

function readUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null) {
    throw new EgressFailure(
      "invalid",
      (shown) => `Cannot send to "${shown(text)}": it is not a URL`,
      {
        hint: `Write the whole address, as in "https://api.example.com/contacts".`,
      },
    );
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new EgressFailure(
      "invalid",
      // As it was given: what the parser makes of a secret, its mask would not know.
      (shown) => `Cannot send to "${shown(text)}": it is no address of http or https`,
      { hint: "Use an address that begins with https:// or http://." },
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new EgressFailure(
      "invalid",
      `Cannot send to "${url.host}": the URL holds a user name or a password`,
      { hint: 'Send them as a header: { Authorization: `Basic ${btoa(user + ":" + secret)}` }.' },
    );
  }
  // Even to set it to what it is parses the URL again.
  if (url.hash !== "") url.hash = "";
  return url;
}

function fillUrl(url: URL, standIns: StandIns, signatures: Set<string>): void {
  if (standIns.isIn(url.pathname)) {
    url.pathname = standIns.replace(url.pathname, signatures, encodeForPath);
  }
  if (standIns.isIn(url.search)) {
    url.search = standIns.replace(url.search, signatures, encodeForQuery);
  }
}

function readMethod(method: string): string {
  const upper = String(method).toUpperCase();
  // What fetch itself forbids: https://fetch.spec.whatwg.org/#forbidden-method
  const forbidden = upper === "CONNECT" || upper === "TRACE" || upper === "TRACK";
  if (/^[A-Z0-9!#$%&'*+.^_`|~-]+$/.test(upper) && !forbidden) return upper;
  throw new EgressFailure(
    "invalid",
    (shown) => `Cannot send "${shown(upper)}": it is not a method of HTTP`,
    { hint: "Use GET, POST, PUT, PATCH or DELETE." },
  );
}

function readBody(
  body: EgressRequest["body"],
  method: string,
  headers: readonly HeaderPair[],
  standIns: StandIns,
  signatures: Set<string>,
): OutgoingRequest["body"] {
  if (body === null || body === undefined) return null;
  if (method === "GET" || method === "HEAD") {
    if (body.length === 0) return null;
    throw new EgressFailure("invalid", `Cannot send a body with ${method}: HTTP has none there`, {
      hint: "Use POST, or put the values into `params`.",
    });
  }
  if (typeof body !== "string") {
    return standIns.replaceBytes(body, signatures) as Uint8Array<ArrayBuffer>;
  }
  if (!standIns.isIn(body)) return body;
  const encode = encodeForBody(headerValue(headers, "content-type") ?? "");
  return standIns.replace(body, signatures, encode);
}

function clamp(value: number, low: number, high: number): number {
  return Number.isFinite(value) ? Math.min(high, Math.max(low, Math.trunc(value))) : high;
}
