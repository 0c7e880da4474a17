/**
 * Requests of a plan: written down instead of sent.
 *
 * The worker has no permission to send in the first place. What is here makes the plan useful: a write is
 * checked and completed as it would be, shown, and answered by a success that is only assumed.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { cutText } from "~/base/cut_text.ts";
import { MASK } from "~/base/mask.ts";
import { isSafeMethod } from "~/base/safe_methods.ts";
import { type EgressResponse, type RecordedRequest, UNKNOWN_UNSENT } from "~/sandbox/protocol.ts";
import { EgressFailure } from "./egress_failure.ts";
import type { OutgoingRequest } from "./prepare_request.ts";
import type { SecretMask } from "~/base/secret_mask.ts";

/** Longer bodies are cut in a plan. */
const MAX_BODY = 100_000;

/**
 * Gives a write an assumed answer: 200 and an empty JSON object.
 *
 * @param isShown False: it is as good as another, and only counted.
 * @throws {EgressFailure} It is a question to the far side, which nothing else can answer.
 */
export function recordRequest(
  request: OutgoingRequest,
  mask: SecretMask,
  isShown = true,
): Omit<EgressResponse, "elapsedMs"> {
  const url = mask.text(request.url.href);
  if (isSafeMethod(request.method)) {
    throw new EgressFailure(
      "unsent",
      `${UNKNOWN_UNSENT}: ${request.method} ${url} asks the far side`,
    );
  }
  return {
    status: 200,
    url,
    headers: [["content-type", "application/json"]],
    body: "{}",
    attempts: 1,
    ...(isShown && { recorded: describe(request, url, mask) }),
  };
}

/** @throws {EgressFailure} The request may change something: a plan of a source only reads. */
export function refuseWrite({ method, url }: OutgoingRequest): void {
  if (method === "GET" || method === "HEAD") return;
  throw new EgressFailure(
    "unsent",
    `${UNKNOWN_UNSENT}: ${method} ${url.host} may change something there`,
  );
}

function describe(
  { method, headers, secretHeaders, body }: OutgoingRequest,
  url: string,
  mask: SecretMask,
): RecordedRequest {
  return {
    method,
    url,
    headers: headers.map(([name, value]) => [
      name,
      secretHeaders.has(name) ? maskedHeader(value, mask) : mask.text(value),
    ]),
    body: bodyText(body, mask),
  };
}

/** A header that holds a secret never shows it, however it is encoded or short it is. */
function maskedHeader(value: string, mask: SecretMask): string {
  const scheme = /^(?:basic|bearer|token|apikey) /i.exec(value)?.[0] ?? "";
  if (/^basic /i.test(scheme)) return scheme + MASK;
  const masked = mask.text(value);
  return masked === value ? scheme + MASK : masked;
}

function bodyText(body: OutgoingRequest["body"], mask: SecretMask): string | null {
  if (body === null) return null;
  if (typeof body === "string") return cutText(mask.text(body), MAX_BODY);
  try {
    return cutText(new TextDecoder("utf-8", { fatal: true }).decode(mask.bytes(body)), MAX_BODY);
  } catch {
    return `<${Buffer.byteLength(body)} bytes>`;
  }
}
