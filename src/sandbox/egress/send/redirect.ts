/**
 * What a redirect does to a request, by the rules of the Fetch standard.
 * https://fetch.spec.whatwg.org/#http-redirect-fetch
 *
 * @module
 */
import { EgressFailure } from "~/sandbox/egress/egress_failure.ts";
import type { OutgoingRequest } from "~/sandbox/egress/prepare_request.ts";

/** Redirects that are followed for one request. */
export const MAX_REDIRECTS = 10;

const STATUSES = new Set([301, 302, 303, 307, 308]);
/** RFC 9110, sections 15.4.8 and 15.4.9: the request is still to be made, elsewhere. */
const STILL_TO_BE_DONE = new Set([307, 308]);
/** Headers that let somebody in, and are meant for one origin. */
const CREDENTIAL_HEADERS = new Set(["authorization", "cookie"]);

/** Whether what was asked for may have been done by a far side that answers with this redirect. */
export function mayFollowAct(status: number): boolean {
  return STATUSES.has(status) && !STILL_TO_BE_DONE.has(status);
}

/**
 * The request that a redirect asks for.
 *
 * @returns `undefined` when the answer is no redirect, or one that would make a GET of a write: a page to log in
 * at, read with success, would be no acceptance of what was sent. One without `Location` is none.
 * @throws {EgressFailure} If `Location` is not a URL that can be requested.
 */
export function redirected(
  request: OutgoingRequest,
  status: number,
  location: string | null,
): OutgoingRequest | undefined {
  if (!STATUSES.has(status) || location === null || becomesGet(status, request.method)) {
    return undefined;
  }
  const url = readLocation(location, request.url);
  const crosses = url.origin !== request.url.origin;
  const getsInto = (name: string) =>
    CREDENTIAL_HEADERS.has(name) || request.secretHeaders.has(name);
  const headers = request.headers.filter(([name]) => !crosses || !getsInto(name));
  return { ...request, url, headers };
}

function readLocation(location: string, from: URL): URL {
  const url = URL.parse(location, from.href);
  if (
    url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === ""
  ) {
    return url;
  }
  throw new EgressFailure(
    "denied",
    (shown) =>
      `Cannot follow the redirect of "${from.host}" to "${shown(location)}": ` +
      "it is not a plain http or https address",
    { hint: "Ask the service for the right address and use it in the model." },
  );
}

function becomesGet(status: number, method: string): boolean {
  if (status === 303) return method !== "GET" && method !== "HEAD";
  return (status === 301 || status === 302) && method === "POST";
}
