/**
 * How long sending takes at least.
 *
 * @module
 */
import type { Rate } from "~/base/time/rate.ts";
import type { RateLimit } from "~/model/rate_limit.ts";
import type { Forecast, PlannedModel, SharedLimit } from "./plan_document.ts";

/** What is known of a model's way of sending. */
export interface SendingFacts {
  requests: number;
  /** `@concurrency`: groups or batches in flight at once. */
  concurrency: number;
  /** `@rate_limit`: so many requests in any window. */
  rate?: Rate | undefined;
  /** How long the model's last requests took, in the middle; `undefined`: it has sent none. */
  usualRequestMs?: number | undefined;
}

/** The time that models take together which send under one limit. */
export function forecastShared(
  models: readonly PlannedModel[],
  limitOf: (model: string) => RateLimit | undefined,
): SharedLimit[] {
  const sending = models.flatMap((model) => {
    const { name, rate } = limitOf(model.model) ?? {};
    const isLimited = name !== undefined && rate && model.requests_total > 0;
    return isLimited ? [{ name, rate, model }] : [];
  });
  const byName = Map.groupBy(sending, ({ name }) => name);
  return [...byName].flatMap(([limit, those]) => {
    const [first, second] = those;
    if (!first || !second) return [];
    const requests = those.reduce((sum, { model }) => sum + model.requests_total, 0);
    const { rate_limit_ms = 0 } = forecastSending({ requests, concurrency: 1, rate: first.rate });
    const alone = those.map(({ model }) => model.forecast?.at_least_ms ?? 0);
    return [{
      limit,
      models: those.map(({ model }) => model.model),
      requests,
      rate_limit_ms,
      at_least_ms: Math.max(rate_limit_ms, ...alone),
    }];
  });
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
