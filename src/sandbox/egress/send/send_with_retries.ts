/**
 * Sends a request until it is answered for good or no try is left.
 *
 * @module
 */
import { renderDuration } from "~/base/time/duration.ts";
import { retryDelayMs, type RetryPolicy } from "~/base/time/retry_delay.ts";
import { EgressFailure } from "~/sandbox/egress/egress_failure.ts";
import type { OutgoingRequest } from "~/sandbox/egress/prepare_request.ts";
import { beginTry } from "./begin_try.ts";
import { cutOffFailure } from "./fetch_failure.ts";
import { noteEnd } from "./note_end.ts";
import type { Pacer } from "./pacer.ts";
import { retryAfterOf } from "./retry_after_of.ts";
import { type Answer, mustNotRepeat, sendOnce, type Way } from "./send_once.ts";
import { TryLog } from "./try_log.ts";

/** Where requests go, when they may, and the chance in their waits. */
export interface Outlet extends Way {
  pacer: Pacer;
  random: () => number;
}

/** How a request goes on. */
export interface Progress {
  /** Tries, as they begin. */
  attempts: number;
  /** Of these: those for which there was no connection. */
  unsent: number;
  /** So long it has waited until it might try: for the rate limit, and where the far side asks all to wait. */
  waitedMs: number;
  /** What they came to. */
  log: TryLog;
}

/** Of a request that is about to begin. */
export function newProgress(): Progress {
  return { attempts: 0, unsent: 0, waitedMs: 0, log: new TryLog() };
}

/** An answer, and why it was not tried again though it might have helped. */
export interface FinalAnswer extends Answer {
  note?: string;
}

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 60_000;
/** A server that asks for more is not waited for within this run. */
const LONGEST_RETRY_AFTER_MS = 10 * 60_000;

/**
 * See the module's comment. Tried again are connections that broke or could not be made, time-outs,
 * and the statuses 408, 429 and 5xx. Not a write without an answer, where it must not be repeated: it may
 * have arrived. What says "too fast" makes all requests of the model wait.
 *
 * @param progress Kept up to date.
 * @returns The last answer, whatever its status.
 * @throws {EgressFailure} The last try had none, or none was made.
 */
export async function sendWithRetries(
  request: OutgoingRequest,
  outlet: Outlet,
  signal: AbortSignal,
  progress: Progress,
): Promise<FinalAnswer> {
  const policy: RetryPolicy = {
    firstDelayMs: FIRST_DELAY_MS,
    maxDelayMs: MAX_DELAY_MS,
    maxAttempts: request.retries + 1,
  };
  const { pacer } = outlet;
  let last: Answer | EgressFailure | undefined;
  while (true) {
    try {
      await beginTry(request, outlet, signal, progress);
    } catch (error) {
      if (last === undefined || !(error instanceof EgressFailure)) throw error;
      // It was tried, and how that ended is more than that no further try is made.
      if (error.kind === "down") return unwrap(last);
      throw last instanceof EgressFailure ? error : error.after(last);
    }
    progress.attempts++;
    const beganAtMs = performance.now();
    progress.log.began();
    const ended = await attempt(request, outlet, signal, beganAtMs);
    last = ended;
    if (isUnsent(ended)) progress.unsent++;
    const retryAfterMs = ended instanceof EgressFailure ? undefined : retryAfterOf(ended);
    progress.log.ended(
      ended instanceof EgressFailure ? ended : { status: ended.status, retryAfterMs },
    );
    const mayHelp = !pacer.stopping.aborted &&
      isWorthRetrying(ended, mustNotRepeat(request, outlet));
    const delayMs = mayHelp
      ? retryDelayMs(progress.attempts, policy, outlet.random, retryAfterMs)
      : undefined;
    if (retryAfterMs !== undefined && retryAfterMs > LONGEST_RETRY_AFTER_MS) {
      const note = tooLongNote(retryAfterMs);
      if (isTooFast(ended)) pacer.close(`Cannot send to "${request.url.host}": ${note}`);
      if (delayMs !== undefined) return { ...unwrap(ended), note };
    }
    if (delayMs === undefined) {
      const span = { beganAtMs, endedAtMs: performance.now() };
      if (!signal.aborted) noteEnd(request, ended, span, pacer);
      return unwrap(ended);
    }
    // Where the far side says "too fast", the model waits, and the request with it.
    if (!isTooFast(ended)) {
      await sleep(delayMs, signal, pacer);
      const cause = retryAfterMs === undefined ? "back_off" : "retry_after";
      progress.log.waited(cause, progress.log.sinceEndMs);
    }
    // What is in flight ends when the run stops: a further try would be new work.
    if (pacer.stopping.aborted) return unwrap(ended);
  }
}

/** One try, told to the pacer. */
async function attempt(
  request: OutgoingRequest,
  outlet: Outlet,
  signal: AbortSignal,
  beganAtMs: number,
): Promise<Answer | EgressFailure> {
  const { pacer } = outlet;
  try {
    const answer = await sendOnce(request, outlet, signal);
    if (isTooFast(answer)) pacer.refused(beganAtMs, retryAfterOf(answer));
    else if (answer.status < 500) pacer.succeeded(beganAtMs);
    return answer;
  } catch (error) {
    return signal.aborted ? cutOffFailure(request, signal) : EgressFailure.from(error);
  } finally {
    pacer.leave();
  }
}

/** Nothing of the try has left; one that was redirected has been somewhere. */
function isUnsent(ended: Answer | EgressFailure): boolean {
  return ended instanceof EgressFailure && ended.kind === "unsent" && !ended.trail?.isRedirected;
}

/** @param isOnce What may have arrived is not sent again. */
function isWorthRetrying(ended: Answer | EgressFailure, isOnce: boolean): boolean {
  if (ended instanceof EgressFailure) {
    return ended.retryable && !(isOnce && ended.kind !== "unsent");
  }
  if (saysNothingWasDone(ended)) return true;
  return ended.status >= 500 && !isOnce;
}

/** RFC 9110, sections 15.5.9 and 15.6.4; RFC 6585, section 4. */
function saysNothingWasDone({ status }: Answer): boolean {
  return status === 408 || status === 429 || status === 503;
}

/** It is not this request that is refused, but one so soon. */
function isTooFast(ended: Answer | EgressFailure): boolean {
  if (ended instanceof EgressFailure) return false;
  return ended.status === 429 || (ended.status === 503 && retryAfterOf(ended) !== undefined);
}

function unwrap(ended: Answer | EgressFailure): Answer {
  if (ended instanceof EgressFailure) throw ended;
  return ended;
}

function tooLongNote(retryAfterMs: number): string {
  return `The server asks to wait ${renderDuration(retryAfterMs)} (Retry-After), longer than the ${
    renderDuration(LONGEST_RETRY_AFTER_MS)
  } that a run waits`;
}

/** Ends at once when aborted, when a host is down or the run stops; the caller looks at all three. */
function sleep(delayMs: number, signal: AbortSignal, pacer: Pacer): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, delayMs);
  const unwatch = pacer.watch(resolve);
  const wake = () => resolve();
  signal.addEventListener("abort", wake, { once: true });
  pacer.stopping.addEventListener("abort", wake, { once: true });
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener("abort", wake);
    pacer.stopping.removeEventListener("abort", wake);
    unwatch();
  });
}
