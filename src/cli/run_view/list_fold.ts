/**
 * Folds a long run's list of models: the first ten of each status are shown, then only counted.
 * A model that sends is always shown.
 *
 * @module
 */
import { renderCount } from "~/base/text/counts.ts";
import type { ModelFinished, StepStatus } from "~/run/run_event.ts";

/** A run of fewer models is shown whole. */
const LONG_LIST = 25;
const SHOWN_OF_EACH = 10;

/** Decides which models of a run are shown, and counts the others. */
export class ListFold {
  readonly #isOpen: boolean;
  readonly #seen = new Map<StepStatus, number>();
  readonly #folded = new Map<StepStatus, number>();

  constructor(models: number, all: boolean) {
    this.#isOpen = all || models < LONG_LIST;
  }

  /** Whether this model is shown. */
  shows(event: ModelFinished): boolean {
    if (this.#isOpen || hasSent(event)) return true;
    const seen = (this.#seen.get(event.status) ?? 0) + 1;
    this.#seen.set(event.status, seen);
    if (seen <= SHOWN_OF_EACH) return true;
    this.#folded.set(event.status, (this.#folded.get(event.status) ?? 0) + 1);
    return false;
  }

  /** `… 990 more skipped, 12 more ok (--all shows them)`, or nothing. */
  renderRest(): string[] {
    if (this.#folded.size === 0) return [];
    const rest = [...this.#folded].map(([status, count]) => `${renderCount(count)} more ${status}`);
    return [`  … ${rest.join(", ")} (--all shows them)`];
  }
}

function hasSent({ delivery, requests }: ModelFinished): boolean {
  return delivery !== undefined || (requests?.sent ?? 0) > 0;
}
