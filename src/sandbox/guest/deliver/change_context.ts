/**
 * Which change a request belongs to: the groups whose rows the model is working on when it asks.
 *
 * Inside the function of `each` and `batches`, and of `map` over an array of rows, that is told by the
 * asynchronous context, so it holds across every `await`. In a plain `for await` it is what was yielded last.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { GivenGroup } from "./delivery.ts";
import type { UnclearAnswers } from "./unclear_answers.ts";

/** One change under work. */
export interface Change {
  /** Numbers of its groups; empty for requests that belong to no group. */
  readonly groups: readonly number[];
  /** The same groups; none where what is read is not tracked. */
  readonly given: readonly GivenGroup[];
  /** The unsettled change that `verify` is asked about. */
  readonly verifies?: number;
  /** Of `each` and `batches`, which by themselves have no more than `@concurrency` in flight. @default false */
  readonly isInLane?: boolean;
  /** Successes that do not say that all was accepted. */
  unclear?: UnclearAnswers;
}

const storage = new AsyncLocalStorage<Change>();
const none = newChange([]);
let yielded: Change = none;

/** Runs a function, and all that it starts, as work on a change. */
export function workOn<T>(change: Change, work: () => T): T {
  return storage.run(change, work);
}

/** Notes what a plain `for await` has been given; no groups: nothing, the loop is over. */
export function noteYielded(groups: readonly GivenGroup[]): void {
  yielded = groups.length === 0 ? none : newChange(groups);
}

/** The change that is being worked on here and now, and whether the model has come to it by a loop of its own. */
export function currentChange(): { change: Change; isByLoop: boolean } {
  const change = storage.getStore();
  return change ? { change, isByLoop: false } : { change: yielded, isByLoop: true };
}

/** The change of these groups. */
export function newChange(given: readonly GivenGroup[]): Change {
  return { groups: given.map(({ number }) => number), given };
}
