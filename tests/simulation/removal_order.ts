/**
 * The order in which changes are given: what is removed before what is new or changed. But for groups whose last try
 * was cut off, which come first, repeated or as another change by now; and for what the far side has refused to
 * remove before, which comes late.
 *
 * @module
 */
import { isUnknown } from "~/delivery/earlier_try.ts";
import type { LedgerRow } from "./model_state.ts";
import type { TakenGroup } from "./scripted_model.ts";
import { expect } from "./wrong.ts";

/** Of one run of a model. */
export class RemovalOrder {
  /** Groups that have another place. */
  readonly #others: ReadonlySet<string>;
  /** Number of the first of all others that has left, and is not removed. */
  #firstGiven = Infinity;

  /** @param ledger As the run has found it. */
  constructor(ledger: readonly LedgerRow[]) {
    this.#others = new Set(ledger.filter(hasOtherPlace).map(({ key }) => key));
  }

  /** A request about these is about to leave. */
  leaves(groups: readonly TakenGroup[]): void {
    const own = groups.filter(({ key }) => !this.#others.has(key));
    for (const { number, isRemoved } of own) {
      if (!isRemoved) this.#firstGiven = Math.min(this.#firstGiven, number);
    }
    for (const { number, key, isRemoved } of own) {
      expect(
        !isRemoved || number < this.#firstGiven,
        `group ${key} is removed after what is new or changed`,
      );
    }
  }
}

function hasOtherPlace(row: LedgerRow): boolean {
  const isRefused = row.state === "failed" && row.action === "remove" && row.attempts > 0;
  return isUnknown(row) || isRefused;
}
