/**
 * Waits until a try may begin: until the far side takes requests, and until the rate limit grants one.
 *
 * @module
 */
import type { OutgoingRequest } from "~/sandbox/egress/prepare_request.ts";
import type { WaitCause } from "~/sandbox/protocol.ts";
import { abortFailure } from "./fetch_failure.ts";
import type { Pacer } from "./pacer.ts";
import type { Way } from "./send_once.ts";
import type { Progress } from "./send_with_retries.ts";

/**
 * See the module's comment. The try is to be ended by `pacer.leave()`.
 *
 * @param progress Is told how long was waited, but for the permit.
 * @throws {EgressFailure} It may not begin: nobody waits for it, or a host is down.
 */
export async function beginTry(
  request: OutgoingRequest,
  { pacer, permit }: Way & { pacer: Pacer },
  signal: AbortSignal,
  progress: Progress,
): Promise<void> {
  while (!signal.aborted) {
    const turn = pacer.enter(signal);
    if (turn) await timed(turn, progress, "slow_down");
    let mayBegin = false;
    try {
      if (permit && !signal.aborted) await unlessDown(permit, pacer, signal);
      if (pacer.down) throw pacer.down;
      // A permit is for now: after a pause that began meanwhile another one is needed.
      mayBegin = !signal.aborted && (permit === undefined || pacer.isOpen);
    } finally {
      if (!mayBegin) pacer.leave();
    }
    if (mayBegin) return;
  }
  // An earlier try may have arrived.
  throw abortFailure(request, progress.attempts > 0, signal);
}

/** Waits, and adds it to what was waited. */
export async function timed(
  wait: Promise<void>,
  progress: Pick<Progress, "waitedMs" | "log">,
  cause: WaitCause,
): Promise<void> {
  const beganAtMs = performance.now();
  try {
    await wait;
  } finally {
    const waitedMs = performance.now() - beganAtMs;
    progress.waitedMs += waitedMs;
    progress.log.waited(cause, waitedMs);
  }
}

/** Waits for a permit, and no longer when a host is down. */
async function unlessDown(
  permit: NonNullable<Way["permit"]>,
  pacer: Pacer,
  signal: AbortSignal,
): Promise<void> {
  const ended = new AbortController();
  const end = () => ended.abort();
  signal.addEventListener("abort", end);
  const unwatch = pacer.watch(end);
  try {
    await permit(ended.signal);
  } finally {
    unwatch();
    signal.removeEventListener("abort", end);
  }
}
