/**
 * The clients that requests go out by. Both speak HTTP/1.1 only.
 *
 * Over HTTP/2 the runtime by itself sends a request again that a far side has put off (REFUSED_STREAM, GOAWAY),
 * an empty one always: no rate limit would count it, no record hold it, and `retries: 0` not keep it. And there
 * all requests share one connection: when it dies, a try of each of them ends with it.
 *
 * @module
 */

import { messageOf } from "~/base/message_of.ts";
import { EgressFailure } from "~/sandbox/egress/egress_failure.ts";

let kept: Deno.HttpClient | undefined;
let single: Deno.HttpClient | undefined;

/**
 * Keeps connections for the next request.
 *
 * @throws {EgressFailure} There can be none.
 */
export function keptConnections(): Deno.HttpClient {
  return kept ??= create({ http2: false });
}

/**
 * Makes a connection for each request, and none comes from a pool.
 *
 * @throws {EgressFailure} There can be none.
 */
export function ownConnection(): Deno.HttpClient {
  return single ??= create({ http2: false, poolMaxIdlePerHost: 0 });
}

/** Reads which certificates to trust, for plain HTTP too. */
function create(options: Deno.CreateHttpClientOptions): Deno.HttpClient {
  try {
    return Deno.createHttpClient(options);
  } catch (error) {
    throw new EgressFailure(
      "unsent",
      (shown) => `Cannot make a connection: ${shown(messageOf(error))}`,
      { hint: "See what DENO_CERT and DENO_TLS_CA_STORE are set to." },
    );
  }
}
