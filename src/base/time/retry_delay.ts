/**
 * How long to wait between the tries of one request.
 *
 * @module
 */

/** How often to try, and how long to wait between two tries. */
export interface RetryPolicy {
  /** Longest wait before the second try, in milliseconds; doubles with every try. */
  firstDelayMs: number;
  /** No wait of our own choice is longer, in milliseconds. */
  maxDelayMs: number;
  /** Tries in all, the first one included. */
  maxAttempts: number;
}

/**
 * Tells how long to wait before the next try.
 *
 * The longest wait doubles with every try, and the wait is a random part of it ("full jitter"), so
 * that requests which failed together do not come back together.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 *
 * What a `Retry-After` header asks for is never cut short, only spread: by up to `firstDelayMs`, and by no
 * more than half of itself. Where we would have waited longer, we do: a server that asks for nothing, or whose
 * clock is behind so that its date is over, is as busy as one that says nothing.
 *
 * @example The third failure, and a server that asks for 30 seconds
 * ```ts
 * import { retryDelayMs } from "./retry_delay.ts";
 * import assert from "node:assert/strict";
 *
 * const policy = { firstDelayMs: 500, maxDelayMs: 60_000, maxAttempts: 6 };
 *
 * assert.equal(retryDelayMs(3, policy, () => 0.5), 1_000);
 * assert.equal(retryDelayMs(3, policy, () => 0, 30_000), 30_000);
 * assert.equal(retryDelayMs(6, policy, () => 0.5), undefined);
 * ```
 *
 * @param failures How many tries have failed so far; at least 1.
 * @param random Gives numbers from 0 to 1, as `Math.random` does.
 * @param retryAfterMs What the server asked for, in milliseconds, if it did.
 * @returns Milliseconds to wait, or `undefined` when no try is left.
 * @throws {RangeError} If `failures` is not a positive integer.
 */
export function retryDelayMs(
  failures: number,
  policy: RetryPolicy,
  random: () => number,
  retryAfterMs?: number,
): number | undefined {
  if (!Number.isInteger(failures) || failures < 1) {
    throw new RangeError(
      `Cannot compute a retry delay as 'failures' must be a positive integer: current value is ${failures}`,
    );
  }
  if (failures >= policy.maxAttempts) return undefined;
  const chance = random();
  // From the 32nd doubling on the cap holds anyway; 2 ** 2000 would be Infinity times zero.
  const doubledMs = policy.firstDelayMs * 2 ** Math.min(failures - 1, 32);
  const ownMs = chance * Math.min(doubledMs, policy.maxDelayMs);
  const askedMs = retryAfterMs === undefined
    ? 0
    : retryAfterMs + chance * Math.min(policy.firstDelayMs, retryAfterMs / 2);
  return Math.round(Math.max(ownMs, askedMs));
}
