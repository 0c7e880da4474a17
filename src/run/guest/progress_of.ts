/**
 * How far a model has come that sends groups, or that saves rows of its own.
 *
 * @module
 */
// deno-lint-ignore-file camelcase -- an event's fields
import { Delivery } from "~/run/deliver/delivery.ts";
import type { ModelProgress } from "~/run/run_event.ts";
import type { SavedRows } from "./saved_rows.ts";

/** `undefined`: it has begun with neither. */
export function progressOf(
  work: Delivery | SavedRows | undefined,
  elapsedS: number,
): Omit<ModelProgress, "type" | "model"> | undefined {
  if (!work) return undefined;
  if (!(work instanceof Delivery)) {
    return { phase: "writing", done: work.count, rate: work.count / elapsedS };
  }
  const { done, total } = work;
  const rate = done / elapsedS;
  const left_ms = Math.round((total - done) / rate * 1_000);
  return { phase: "sending", done, total, rate, ...(rate > 0 && { left_ms }) };
}
