/**
 * Requests of a plan: written down instead of sent.
 *
 * The worker has no permission to send in the first place. What is here makes the plan useful: a write is
 * checked and completed as it would be, shown, and given an answer that is only assumed.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { isSafeMethod } from "~/base/http/safe_methods.ts";
import { MASK } from "~/base/secrets/mask.ts";
import type { SecretMask } from "~/base/secrets/secret_mask.ts";
import { cutText } from "~/base/text/cut_text.ts";
import {
  type AssumedAnswer,
  type EgressRequest,
  type EgressResponse,
  UNKNOWN_UNSENT,
} from "~/sandbox/protocol.ts";
import { EgressFailure } from "./egress_failure.ts";
import { decodeBasic, type HeaderPair } from "./prepare_headers.ts";
import type { OutgoingRequest } from "./prepare_request.ts";
import type { StandIns } from "./secrets/stand_ins.ts";

/** Longer bodies are cut in a plan. */
const MAX_BODY = 100_000;

const SUCCESS: AssumedAnswer = {
  status: 200,
  headers: [["content-type", "application/json"]],
  body: "{}",
};

/**
 * Gives a write an assumed answer.
 *
 * @param asked As the model wrote it. Not `isShown`: it is as good as another, and only counted.
 * @throws {EgressFailure} It is a question to the far side, which nothing else can answer.
 */
export function recordRequest(
  request: OutgoingRequest,
  asked: EgressRequest,
  standIns: StandIns,
  mask: SecretMask,
): Omit<EgressResponse, "elapsedMs"> {
  const url = mask.text(request.url.href);
  if (isSafeMethod(request.method)) {
    throw new EgressFailure(
      "unsent",
      `${UNKNOWN_UNSENT}: ${request.method} ${url} asks the far side`,
    );
  }
  return {
    ...asked.assumed ?? SUCCESS,
    url,
    attempts: 1,
    ...((asked.isShown ?? true) && {
      recorded: {
        method: request.method,
        url,
        headers: shownHeaders(request, asked, standIns, mask),
        body: bodyText(request.body, mask),
      },
    }),
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

/**
 * A header that holds a secret never shows it, however it is encoded or short it is: what the model wrote is
 * shown, and its stand-ins are not filled. What Spoor adds comes after the model's own headers.
 */
function shownHeaders(
  { headers, secretHeaders }: OutgoingRequest,
  asked: EgressRequest,
  standIns: StandIns,
  mask: SecretMask,
): HeaderPair[] {
  return headers.map(([name, value], i) => {
    const written = secretHeaders.has(name) ? asked.headers[i]?.[1].trim() : undefined;
    if (written === undefined) return [name, mask.text(value)];
    const basic = decodeBasic(written);
    if (basic) return [name, basic.scheme + MASK];
    return [name, mask.text(standIns.replace(written, new Set(), () => MASK))];
  });
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
