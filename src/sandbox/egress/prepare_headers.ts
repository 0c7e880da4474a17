/**
 * A model's headers: which it may not set, secrets in their values, and those that Spoor adds.
 *
 * @module
 */
import { VERSION } from "~/base/version.ts";
import type { EgressRequest } from "~/sandbox/protocol.ts";
import { EgressFailure } from "./egress_failure.ts";
import type { StandIns } from "./secrets/stand_ins.ts";

/** Name, in lower case, and value. */
export type HeaderPair = readonly [name: string, value: string];

/**
 * `Host` could lead a request past `@allow_net` (to another site behind the same front), the others
 * say how a message is framed or are meant for a proxy.
 */
const RESERVED = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Checks the headers, puts secrets in, and adds `User-Agent` and `Idempotency-Key` where the model
 * has not set them.
 *
 * @param signatures Is given the signatures that were made.
 * @returns Also which of them hold a secret.
 * @throws {EgressFailure} Of kind `invalid`.
 */
export function prepareHeaders(
  request: Pick<EgressRequest, "headers" | "idempotencyKey">,
  standIns: StandIns,
  signatures: Set<string>,
): { headers: readonly HeaderPair[]; secretHeaders: ReadonlySet<string> } {
  const headers: HeaderPair[] = [];
  const secretHeaders = new Set<string>();
  for (const [name, text] of request.headers) {
    const value = withSecrets(String(text), standIns, signatures);
    const pair = checked(String(name), value);
    if (value !== text) secretHeaders.add(pair[0]);
    headers.push(pair);
  }
  if (headerValue(headers, "user-agent") === undefined) {
    headers.push(["user-agent", `spoor/${VERSION}`]);
  }
  if (request.idempotencyKey && headerValue(headers, "idempotency-key") === undefined) {
    headers.push(checked("idempotency-key", request.idempotencyKey));
  }
  return { headers, secretHeaders };
}

/** The first value of a header; `name` in lower case. */
export function headerValue(headers: readonly HeaderPair[], name: string): string | undefined {
  return headers.find((pair) => pair[0] === name)?.[1];
}

function checked(name: string, value: string): HeaderPair {
  const lower = name.toLowerCase();
  if (RESERVED.has(lower) || lower.startsWith("proxy-") || lower.startsWith("spoor-")) {
    throw new EgressFailure(
      "invalid",
      (shown) => `Cannot send the header "${shown(name)}": Spoor sets it itself`,
      { hint: "Leave this header out." },
    );
  }
  const trimmed = value.trim();
  if (/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(lower) && /^[\t\x20-\x7e\x80-\xff]*$/.test(trimmed)) {
    return [lower, trimmed];
  }
  // The value is not shown: it may be a secret.
  throw new EgressFailure(
    "invalid",
    (shown) => `Cannot send the header "${shown(name)}": it has characters that HTTP does not take`,
    { hint: "A line break, or in the value a letter beyond Latin-1, cannot be in a header." },
  );
}

/**
 * Puts secrets into a header's value; also where a model has encoded a stand-in itself, as
 * ``Basic ${btoa(`user:${secret("KEY")}`)}`` does.
 */
function withSecrets(value: string, standIns: StandIns, signatures: Set<string>): string {
  const { scheme, decoded } = decodeBasic(value) ?? {};
  if (decoded === undefined || !standIns.isIn(decoded)) return standIns.replace(value, signatures);
  return scheme + new TextEncoder().encode(standIns.replace(decoded, signatures)).toBase64();
}

/** What Basic credentials say; `undefined` for any other value. */
export function decodeBasic(value: string): { scheme: string; decoded: string } | undefined {
  const [, scheme, token] = /^(basic +)([A-Za-z0-9+/_-]+=*) *$/i.exec(value) ?? [];
  if (scheme === undefined || token === undefined) return undefined;
  const decoded = decodeBase64(token);
  return decoded === undefined ? undefined : { scheme, decoded };
}

function decodeBase64(token: string): string | undefined {
  try {
    const bytes = Uint8Array.fromBase64(token.replaceAll("-", "+").replaceAll("_", "/"));
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Not base64 of a text: then there is no stand-in in it, and it is sent as it is.
    return undefined;
  }
}
