/**
 * How long sending takes at least.
 *
 * @module
 */
import type { Forecast } from "./plan_document.ts";

/** What is known of a model's way of sending. */
export interface SendingFacts {
  requests: number;
  /** `@concurrency`: groups or batches in flight at once. */
  concurrency: number;
  /** `@rate_limit`: so many requests in any window. */
  rate?: { count: number; windowMs: number } | undefined;
  /** How long the model's last requests took, in the middle; `undefined`: it has sent none. */
  usualRequestMs?: number | undefined;
}

/** See the module's comment. */
export function forecastSending(facts: SendingFacts): Forecast {
  const { requests, concurrency, rate, usualRequestMs } = facts;
  // The first window's worth leaves at once; each further one waits for a whole window.
  const byRate = rate && requests > 0
    ? Math.floor((requests - 1) / rate.count) * rate.windowMs
    : undefined;
  const byConcurrency = usualRequestMs === undefined
    ? undefined
    : Math.round(Math.ceil(requests / concurrency) * usualRequestMs);
  const known = [byRate, byConcurrency].filter((ms) => ms !== undefined);
  return {
    requests,
    ...(byRate !== undefined && { rate_limit_ms: byRate }),
    ...(byConcurrency !== undefined && { concurrency_ms: byConcurrency }),
    ...(known.length > 0 && { at_least_ms: Math.max(...known) }),
  };
}
