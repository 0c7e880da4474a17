/**
 * Errors of work on groups that have ended by then: the function saved or rejected them itself, and threw
 * after that.
 *
 * What became of the groups stands, so no record of theirs can hold the error. It is a warning of the run.
 *
 * @module
 */
import { describeKey } from "~/sandbox/guest/rows/row_values.ts";
import type { GivenGroup } from "./delivery.ts";

/** A far side that refuses every second request is not told a thousand times. */
const SHOWN = 10;

/** What telling needs of its model. */
export interface LateErrorContext {
  warn(message: string): void;
  /** The message of what was thrown. */
  explain(error: unknown): string;
}

/** See the module's comment. */
export class LateErrors {
  #shown = 0;
  #more = 0;

  constructor(private readonly context: LateErrorContext) {}

  /** Work on these groups, which have ended, threw after that. */
  note(groups: readonly GivenGroup[], error: unknown): void {
    const [first, ...others] = groups;
    if (!first) return;
    if (this.#shown >= SHOWN) {
      this.#more += groups.length;
      return;
    }
    this.#shown += 1;
    const { warn, explain } = this.context;
    const what = others.length === 0
      ? `${describeKey(first.key)} was ${first.state}, and its work`
      : `${describeKey(first.key)} and ${others.length} more of its batch were ${
        endsOf(groups)
      }, and their work`;
    warn(`${what} ended with an error after that: ${explain(error)}`);
  }

  /** Tells how many were not told of. */
  tellRest(): void {
    if (this.#more === 0) return;
    const [groups, they] = this.#more === 1 ? ["group", "it was"] : ["groups", "they were"];
    this.context.warn(
      `Work on ${this.#more} more ${groups} ended with an error after ${they} saved or rejected`,
    );
    this.#more = 0;
  }
}

function endsOf(groups: readonly GivenGroup[]): string {
  return [...new Set(groups.map(({ state }) => state))].sort().reverse().join(" or ");
}
