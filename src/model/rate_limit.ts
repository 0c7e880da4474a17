/**
 * `@rate_limit`: a rate, or the name of one that `spoor.yaml` gives and several models share.
 *
 * @module
 */
import { parseRate, type Rate } from "~/base/time/rate.ts";
import { MAX_DURATION_MS, type Parsed, problem } from "./directive_value.ts";

/** A limit of a model; `rate` is there once the project is loaded. */
export interface RateLimit {
  /** Of a limit in `spoor.yaml`. */
  name?: string;
  rate?: Rate;
}

/** The last so many grants are held in memory. */
const MAX_COUNT = 1_000_000;
const HINT = `Write requests per window: "100/10s", "5/s", "10/min", "1000/h".`;

/** Reads a rate that a limit may have. */
export function rateOfLimit(text: string): Parsed<Rate> {
  const rate = parseRate(text);
  if (rate === undefined) {
    const state = /^\d+$/.test(text) ? "does not say in which time" : "is not a rate";
    return problem(`"${text}" ${state}`, HINT);
  }
  if (rate.count === 0) return problem(`"${text}" lets no request through`, HINT);
  if (rate.count > MAX_COUNT) {
    return problem(`"${text}" is too many`, `Write at most ${MAX_COUNT} requests per window.`);
  }
  if (rate.windowMs === 0) return problem(`"${text}" has a window of no length`, HINT);
  if (rate.windowMs > MAX_DURATION_MS) {
    return problem(`"${text}" has too long a window`, `Write a window of at most "24d".`);
  }
  return { value: rate };
}

/**
 * Whether a text can be the name of a limit. It has no dot, so that it is no model's name; and it is not
 * `__proto__`, which is no key of an object as others are.
 */
export function isLimitName(text: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_-]*$/.test(text) && text !== "__proto__";
}

/** Reads the value of `@rate_limit`. */
export function rateLimit(text: string): Parsed<RateLimit> {
  if (isLimitName(text)) return { value: { name: text } };
  const parsed = rateOfLimit(text);
  return "problem" in parsed ? parsed : { value: { rate: parsed.value } };
}
