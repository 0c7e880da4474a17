/**
 * Sends a request until it is answered for good or no try is left.
 *
 * @module
 */
import { renderDuration } from "~/base/duration.ts";
import { parseRetryAfterMs } from "~/base/retry_after.ts";
import { retryDelayMs, type RetryPolicy } from "~/base/retry_delay.ts";
import { EgressFailure } from "./egress_failure.ts";
import { abortFailure } from "./fetch_failure.ts";
import type { OutgoingRequest } from "./prepare_request.ts";
import { type Answer, sendOnce, type Way } from "./send_once.ts";

/** Where requests go, and the chance in their waits. */
export interface Outlet extends Way {
  random: () => number;
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
 * and the statuses 408, 429 and 5xx.
 *
 * @param progress `attempts` counts the tries as they begin.
 * @returns The last answer, whatever its status.
 * @throws {EgressFailure} The last try had none.
 */
export async function sendWithRetries(
  request: OutgoingRequest,
  outlet: Outlet,
  signal: AbortSignal,
  progress: { attempts: number },
): Promise<FinalAnswer> {
  const policy: RetryPolicy = {
    firstDelayMs: FIRST_DELAY_MS,
    maxDelayMs: MAX_DELAY_MS,
    maxAttempts: request.retries + 1,
  };
  while (true) {
    if (signal.aborted) throw abortFailure(request, progress.attempts > 0);
    progress.attempts++;
    const ended = await attempt(request, outlet, signal);
    if (!isWorthRetrying(ended)) return unwrap(ended);
    const retryAfterMs = retryAfterOf(ended);
    const delayMs = retryDelayMs(progress.attempts, policy, outlet.random, retryAfterMs);
    if (delayMs === undefined) return unwrap(ended);
    if (retryAfterMs !== undefined && retryAfterMs > LONGEST_RETRY_AFTER_MS) {
      return { ...unwrap(ended), note: tooLongNote(retryAfterMs) };
    }
    await sleep(delayMs, signal);
  }
}

async function attempt(
  request: OutgoingRequest,
  outlet: Outlet,
  signal: AbortSignal,
): Promise<Answer | EgressFailure> {
  try {
    return await sendOnce(request, outlet, signal);
  } catch (error) {
    return signal.aborted ? abortFailure(request, true) : EgressFailure.from(error);
  }
}

function isWorthRetrying(ended: Answer | EgressFailure): boolean {
  if (ended instanceof EgressFailure) return ended.retryable;
  return ended.status === 408 || ended.status === 429 || ended.status >= 500;
}

function unwrap(ended: Answer | EgressFailure): Answer {
  if (ended instanceof EgressFailure) throw ended;
  return ended;
}

function retryAfterOf(ended: Answer | EgressFailure): number | undefined {
  if (ended instanceof EgressFailure) return undefined;
  const header = ended.headers.find(([name]) => name === "retry-after")?.[1];
  return parseRetryAfterMs(header, Date.now());
}

function tooLongNote(retryAfterMs: number): string {
  return `The server asks to wait ${renderDuration(retryAfterMs)} (Retry-After), longer than the ${
    renderDuration(LONGEST_RETRY_AFTER_MS)
  } that a run waits`;
}

/** Ends at once when aborted; the caller looks at the signal. */
function sleep(delayMs: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, delayMs);
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise.finally(() => clearTimeout(timer));
}
