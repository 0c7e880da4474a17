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
/** Headers that let somebody in, and are meant for one origin. */
const CREDENTIAL_HEADERS = new Set(["authorization", "cookie"]);

/**
 * The request that a redirect asks for.
 *
 * @returns `undefined` when the answer is no redirect; one without `Location` is none.
 * @throws {EgressFailure} If `Location` is not a URL that can be requested.
 */
export function redirected(
  request: OutgoingRequest,
  status: number,
  location: string | null,
): OutgoingRequest | undefined {
  if (!STATUSES.has(status) || location === null) return undefined;
  const url = readLocation(location, request.url);
  const crosses = url.origin !== request.url.origin;
  const getsInto = (name: string) =>
    CREDENTIAL_HEADERS.has(name) || request.secretHeaders.has(name);
  const headers = request.headers.filter(([name]) => !crosses || !getsInto(name));
  return becomesGet(status, request.method)
    ? { ...request, url, headers, method: "GET", body: null }
    : { ...request, url, headers };
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
    `Cannot follow the redirect of "${from.host}" to "${
      location.slice(0, 200)
    }": it is not a plain http or https address`,
    { hint: "Ask the service for the right address and use it in the model." },
  );
}

function becomesGet(status: number, method: string): boolean {
  if (status === 303) return method !== "GET" && method !== "HEAD";
  return (status === 301 || status === 302) && method === "POST";
}
