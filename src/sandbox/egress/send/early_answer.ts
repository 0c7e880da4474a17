/**
 * A success that comes before its request was sent whole counts once the rest has left: nobody can have taken what
 * has not. Where the rest does not leave, the request's end is not known.
 *
 * A refusal needs no more than what has arrived (413, say), and holds.
 *
 * @module
 */
import { EgressFailure } from "~/sandbox/egress/egress_failure.ts";
import type { OutgoingRequest } from "~/sandbox/egress/prepare_request.ts";
import { nameOf } from "./fetch_failure.ts";
import type { Pieces } from "./once_body.ts";
import type { Trail } from "./trail.ts";

/** A far side that reads by fits may take what the runtime holds this much later. */
const SHORTEST_LINGER_MS = 250;

/**
 * Waits until a request that was answered too early has been sent whole. That the runtime has sent what it took
 * shows in nothing: it is given the time that twice as much took before.
 *
 * @param signal Ends the wait.
 * @throws {EgressFailure} It will not be.
 */
export async function untilSentWhole(
  pieces: Pieces,
  request: OutgoingRequest,
  trail: Trail,
  status: number,
  signal: AbortSignal,
): Promise<void> {
  trail.earlyStatus = status;
  const aborted = Promise.withResolvers<false>();
  const onAbort = () => aborted.resolve(false);
  signal.addEventListener("abort", onAbort);
  try {
    const isWhole = await Promise.race([pieces.taken, aborted.promise]) &&
      await Promise.race([linger(pieces), aborted.promise]);
    if (!isWhole) throw earlyFailure(request, "broken", status, "then the connection broke");
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function linger({ lastMegabyteMs }: Pieces): Promise<true> {
  return new Promise((resolve) => {
    setTimeout(resolve, Math.max(SHORTEST_LINGER_MS, lastMegabyteMs), true);
  });
}

/** The time for one try is over, and the far side has not taken all. */
export function earlyTimeoutFailure(request: OutgoingRequest, status: number): EgressFailure {
  const limit = `the rest was not taken within ${request.timeoutMs / 1_000} s`;
  return earlyFailure(request, "timeout", status, limit);
}

function earlyFailure(
  request: OutgoingRequest,
  kind: "broken" | "timeout",
  status: number,
  state: string,
): EgressFailure {
  return new EgressFailure(
    kind,
    (shown) =>
      `Cannot send the whole of ${nameOf(request, shown)}: ` +
      `it was answered with ${status} before its end, and ${state}`,
    {
      hint: "The service answers before it has read the request: see whether it takes one so long.",
      retryable: true,
    },
  );
}
