/**
 * Which change a request belongs to: the groups whose rows the model is working on when it asks.
 *
 * Inside the function of `each` and `batches` that is told by the asynchronous context, so it
 * holds across every `await`. In a plain `for await` it is what was yielded last.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";

/** One change under work. */
export interface Change {
  /** Numbers of its groups; empty for requests that belong to no group. */
  readonly groups: readonly number[];
  /** Requests made so far. */
  requests: number;
  /** The unsettled change that `verify` is asked about. */
  readonly verifies?: number;
  /** Said by the last answer 207 (Multi-Status), which does not tell what was accepted. */
  multiStatus?: string;
}

const storage = new AsyncLocalStorage<Change>();
let yielded: Change = newChange([]);

/** Runs a function, and all that it starts, as work on a change. */
export function workOn<T>(change: Change, work: () => T): T {
  return storage.run(change, work);
}

/** Notes what a plain loop has been given; no numbers: nothing, the loop is over. */
export function noteYielded(groups: readonly number[]): void {
  yielded = newChange(groups);
}

/** The change that is being worked on here and now. */
export function currentChange(): Change {
  return storage.getStore() ?? yielded;
}

/** A change with no request yet. */
export function newChange(groups: readonly number[]): Change {
  return { groups, requests: 0 };
}
