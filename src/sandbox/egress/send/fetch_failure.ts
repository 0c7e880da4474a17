/**
 * Reads what `fetch` throws: what has happened, and whether the request may have arrived.
 *
 * Deno tells these apart by text only: 2.6 in the error's message, 2.9 in that of its cause.
 *
 * @module
 */
import type { AllowedHosts } from "~/sandbox/egress/allowed_hosts.ts";
import { EgressFailure, type Wording } from "~/sandbox/egress/egress_failure.ts";
import type { OutgoingRequest } from "~/sandbox/egress/prepare_request.ts";

/** The connection could not be made, so nothing was sent. */
const UNSENT: readonly { text: RegExp; state: string; hint: string; retryable: boolean }[] = [
  {
    text: /dns error|failed to lookup address/i,
    state: "its name is not known",
    hint: "Look for a typing mistake in the host, and whether this machine is online.",
    retryable: true,
  },
  {
    text: /connection refused|os error 111|os error 61|os error 10061/i,
    state: "the connection was refused",
    hint: "See whether the service runs and listens on this port.",
    retryable: true,
  },
  {
    text: /certificate|InvalidContentType|HandshakeFailure|tls/i,
    state: "no secure connection could be made",
    hint: "See whether the address, its port and the service's certificate are right.",
    retryable: false,
  },
];

/** Turns what `fetch` or reading a body threw into a failure. */
export function toFailure(
  error: unknown,
  request: OutgoingRequest,
  allowedHosts: AllowedHosts,
): EgressFailure {
  if (error instanceof EgressFailure) return error;
  const text = textOf(error);
  if (error instanceof Error && error.name === "NotCapable") {
    return allowedHosts.refusal(request.url);
  }
  if (text.includes("client error (Connect)")) return unsent(text, request.url);
  // "Fetch failed: Requests to port 1 are blocked"
  if (/^Fetch failed: Requests to port/.test(text)) {
    return new EgressFailure("invalid", `Cannot reach "${request.url.host}": its port is blocked`, {
      hint: "Choose another port: see https://fetch.spec.whatwg.org/#port-blocking",
    });
  }
  return new EgressFailure(
    "broken",
    (shown) =>
      `Cannot read the answer of ${nameOf(request, shown)}: the connection broke ` +
      `(${shown(reasonOf(text))})`,
    { retryable: true },
  );
}

/** The time for one try is over. */
export function timeoutFailure(request: OutgoingRequest): EgressFailure {
  return new EgressFailure(
    "timeout",
    (shown) =>
      `Cannot read the answer of ${nameOf(request, shown)}: it did not come within ${
        request.timeoutMs / 1_000
      } s`,
    { hint: "Raise @timeout if the service needs longer.", retryable: true },
  );
}

/** What requests are aborted with when their model has ended. */
export const MODEL_ENDED = "the model has ended";

/** The request was aborted while it was out. */
export function cutOffFailure(request: OutgoingRequest, { reason }: AbortSignal): EgressFailure {
  const state = reason === MODEL_ENDED
    ? "the model ended, and no answer is known"
    : "nobody waits for it any more";
  return new EgressFailure(
    "broken",
    (shown) => `Cannot read the answer of ${nameOf(request, shown)}: ${state}`,
  );
}

/** It was aborted before a try. `wasSent`: not the first one. */
export function abortFailure(
  request: OutgoingRequest,
  wasSent: boolean,
  signal: AbortSignal,
): EgressFailure {
  if (signal.reason !== MODEL_ENDED) {
    const { wording } = cutOffFailure(request, signal);
    return new EgressFailure(wasSent ? "broken" : "unsent", wording);
  }
  return new EgressFailure(wasSent ? "broken" : "unsent", (shown) => {
    const name = nameOf(request, shown);
    return wasSent
      ? `Cannot try ${name} again: the model ended before`
      : `Cannot send ${name}: the model ended before`;
  });
}

function unsent(text: string, url: URL): EgressFailure {
  const known = UNSENT.find((each) => each.text.test(text));
  const state: Wording = (shown) =>
    known?.state ?? `no connection could be made (${shown(reasonOf(text))})`;
  return new EgressFailure("unsent", (shown) => `Cannot reach "${url.host}": ${state(shown)}`, {
    hint: known?.hint,
    retryable: known?.retryable ?? true,
  });
}

/** A request in a message. */
export function nameOf({ method, url }: OutgoingRequest, shown: (text: string) => string): string {
  return `${method} ${shown(url.href)}`;
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

/** `… client error (SendRequest): connection closed` → `connection closed` */
function reasonOf(text: string): string {
  return text.replace(/^.*client error \(\w+\): /s, "");
}
