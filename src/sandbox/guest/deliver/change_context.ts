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
import type { PartialAnswers } from "./partial_answers.ts";

/** One change under work. */
export interface Change {
  /** Numbers of its groups; empty for requests that belong to no group. */
  readonly groups: readonly number[];
  /** The same groups; none where what is read is not tracked. */
  readonly given: readonly GivenGroup[];
  /** Requests made so far. */
  requests: number;
  /** The unsettled change that `verify` is asked about. */
  readonly verifies?: number;
  /** Answers 207 (Multi-Status): these do not tell what was accepted. */
  partial?: PartialAnswers;
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
  const [first] = groups;
  if (!first) yielded = none;
  else yielded = groups.length === 1 ? changeOfOne(first) : changeOf(groups);
}

/** The change that is being worked on here and now, and whether the model has come to it by a loop of its own. */
export function currentChange(): { change: Change; isByLoop: boolean } {
  const change = storage.getStore();
  return change ? { change, isByLoop: false } : { change: yielded, isByLoop: true };
}

/** A change with no request yet. */
export function newChange(given: readonly GivenGroup[]): Change {
  return { groups: given.map(({ number }) => number), given, requests: 0 };
}

const alone = new WeakMap<GivenGroup, Change>();

/** The same as `changeOf` of one group. */
export function changeOfOne(group: GivenGroup): Change {
  let change = alone.get(group);
  if (!change) alone.set(group, change = newChange([group]));
  return change;
}

const changes = new WeakMap<GivenGroup, Map<string, Change>>();

/**
 * The one change of exactly these groups, which counts its requests, wherever the model comes to them: no two
 * requests about the same groups have one place, and so one key.
 */
export function changeOf(groups: Iterable<GivenGroup>): Change {
  // In the order in which the host gave them, which is that of their batch when it is repeated.
  const given = [...new Set(groups)].sort((a, b) => a.number - b.number);
  const [first] = given;
  if (!first) return none;
  if (given.length === 1) return changeOfOne(first);
  const name = given.map(({ number }) => number).join();
  const own = changes.get(first) ?? new Map<string, Change>();
  changes.set(first, own);
  const change = own.get(name) ?? newChange(given);
  own.set(name, change);
  return change;
}
