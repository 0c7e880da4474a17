/**
 * The order in which changes are given: what is removed before what is new or changed, but for what is repeated
 * because it was cut off, and for what the far side has refused to remove before.
 *
 * @module
 */
import type { LedgerRow } from "./model_state.ts";
import type { TakenGroup } from "./scripted_model.ts";
import { expect } from "./wrong.ts";

/** Of one run of a model. */
export class RemovalOrder {
  readonly #refused: ReadonlySet<string>;
  /** Number of the first group that has left, and is neither removed nor repeated. */
  #firstOther = Infinity;

  /** @param ledger As the run has found it. */
  constructor(ledger: readonly LedgerRow[]) {
    const refused = ledger.filter(({ state, action, attempts }) =>
      state === "failed" && action === "remove" && attempts > 0
    );
    this.#refused = new Set(refused.map(({ key }) => key));
  }

  /** A request about these is about to leave. */
  leaves(groups: readonly TakenGroup[]): void {
    const first = groups.filter(({ batch }) => batch === 0);
    for (const { number, isRemoved } of first) {
      if (!isRemoved) this.#firstOther = Math.min(this.#firstOther, number);
    }
    for (const { number, key, isRemoved } of first) {
      if (!isRemoved || this.#refused.has(key)) continue;
      expect(number < this.#firstOther, `group ${key} is removed after what is new or changed`);
    }
  }
}
