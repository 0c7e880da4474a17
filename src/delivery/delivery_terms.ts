/**
 * How a tracked model delivers, by its header.
 *
 * @module
 */
import type { Directives, OnRemoved } from "~/model/model.ts";
import type { DeliveryPromise } from "./earlier_try.ts";

/** See the module's comment. */
export interface DeliveryTerms {
  /** `@delivery` */
  promise: DeliveryPromise;
  /** `@on_removed` */
  onRemoved: OnRemoved;
  /** `@max_attempts` */
  maxAttempts: number;
}

/** What the header says, and what is meant where it says nothing. */
export function termsOf(
  { delivery: promise = "at_least_once", onRemoved = "forget", maxAttempts = 10 }: Directives,
): DeliveryTerms {
  return { promise, onRemoved, maxAttempts };
}
