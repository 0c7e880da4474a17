/**
 * Reads what `fetch` throws: what has happened, and whether the request may have arrived.
 *
 * Deno tells these apart by text only: 2.6 in the error's message, 2.9 in that of its cause.
 *
 * @module
 */
import { type Proxies, proxyOf } from "~/base/http/proxies.ts";
import type { AllowedHosts } from "~/sandbox/egress/allowed_hosts.ts";
import { EgressFailure } from "~/sandbox/egress/egress_failure.ts";
import type { OutgoingRequest } from "~/sandbox/egress/prepare_request.ts";

/** Why a connection could not be made, so that nothing was sent. */
interface Unsent {
  /** In the runtime's reason; the address before it may hold any word. */
  text: RegExp;
  state: string;
  /** Whether the runtime's own words follow. */
  hasReason?: boolean;
  hint: string;
  retryable: boolean;
}

const UNSENT: readonly Unsent[] = [
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
    text: /NoApplicationProtocol/,
    state: "it does not speak HTTP/1.1",
    hint: "Spoor speaks no other: ask the service for an address that takes it.",
    retryable: false,
  },
  {
    text: /UnknownIssuer/,
    state: "no secure connection could be made",
    hasReason: true,
    hint: "Where the service's certificate is signed by an authority of your own, name its " +
      "certificate by DENO_CERT=FILE, or trust those of this machine by DENO_TLS_CA_STORE=system.",
    retryable: false,
  },
  {
    text: /certificate|corrupt message|received fatal alert|\btls\b/i,
    state: "no secure connection could be made",
    hasReason: true,
    hint: "See whether the address, its port and the service's certificate are right.",
    retryable: false,
  },
];

const UNKNOWN = {
  state: "no connection could be made",
  hasReason: true,
  hint: undefined,
  retryable: true,
};

/** Before the reason why there is no connection. */
const NOT_CONNECTED = "client error (Connect): ";

/** Turns what `fetch` or reading a body threw into a failure. */
export function toFailure(
  error: unknown,
  request: OutgoingRequest,
  { allowedHosts, proxies }: { allowedHosts: AllowedHosts; proxies?: Proxies | undefined },
): EgressFailure {
  if (error instanceof EgressFailure) return error;
  const text = textOf(error);
  if (error instanceof Error && error.name === "NotCapable") {
    return allowedHosts.refusal(request.url);
  }
  if (text.includes(NOT_CONNECTED)) {
    return unsent(reasonOf(text), request.url, proxyOf(request.url, proxies));
  }
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

function unsent(reason: string, url: URL, proxy: string | undefined): EgressFailure {
  const known = UNSENT.find((each) => each.text.test(reason)) ?? UNKNOWN;
  // What is retried comes before TLS, and so from the proxy; it never was the service that was asked.
  if (proxy !== undefined && known.retryable) return unsentByProxy(reason, url, proxy);
  const { state, hasReason, hint, retryable } = known;
  return new EgressFailure(
    "unsent",
    (shown) => `Cannot reach "${url.host}": ${state}${hasReason ? ` (${shown(reason)})` : ""}`,
    { hint, retryable },
  );
}

function unsentByProxy(reason: string, url: URL, proxy: string): EgressFailure {
  return new EgressFailure(
    "unsent",
    (shown) =>
      `Cannot reach "${url.host}": no connection could be made through the proxy "${proxy}" ` +
      `(${shown(reason)})`,
    {
      hint: "See what HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY are set to.",
      retryable: true,
    },
  );
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
