/**
 * Which change a request is about: what the model works on, and in a loop of its own also what the request
 * holds of other groups, as a batch that was filled by hand does. What a request takes of several groups is seen by
 * their rows, or by values that only one of them has (`telling_values.ts`).
 *
 * @module
 */
import { isSafeMethod } from "~/base/http/safe_methods.ts";
import { refusal } from "~/sandbox/guest/host_error.ts";
import { type Change, currentChange, newChange } from "./change_context.ts";
import type { Delivery, GivenGroup } from "./delivery.ts";
import { findGroups, findKeys } from "./known_objects.ts";
import { findByValues, type TellingParts } from "./telling_values.ts";

/** What of a request tells it. */
export interface RequestParts extends TellingParts {
  method: string;
}

/** What a request is about. */
export interface RequestSubject {
  change: Change;
  /** The number of the last group that it may hold without that being seen; 0: of none. */
  mayHoldUpTo: number;
}

/** Whether a request may change something. */
export function isWrite(method: string): boolean {
  return !isSafeMethod(method);
}

/** Call where the request is asked for: a moment later a plain loop may be at its next row. */
export function changeOfRequest(
  { method, values, texts }: RequestParts,
  delivery: Delivery | undefined,
): RequestSubject {
  const { change, isByLoop } = currentChange();
  if (!isByLoop) return { change, mayHoldUpTo: 0 };
  const mayHoldUpTo = delivery?.lastGiven ?? 0;
  if (!isWrite(method)) return { change: together(change.given), mayHoldUpTo };
  const told = findByValues(inHand(change, delivery), change.given, { values, texts });
  const found = new Set<GivenGroup>(told);
  for (const value of values) findGroups(value, found);
  for (const text of texts) findKeys(text, found);
  // Where it tells by itself what it is about, the loop may be ahead of it.
  const isAhead = told.size > 0 && change.given.every((group) => !found.has(group));
  if (!isAhead) { for (const group of change.given) found.add(group); }
  return { change: together(found), mayHoldUpTo };
}

/** Groups that a request may be about; of an array the model has them all, and may mean others than it names. */
function inHand(change: Change, delivery: Delivery | undefined): ReadonlySet<GivenGroup> {
  if (!delivery || delivery.hasArray) return new Set();
  return new Set(change.given).union(new Set(delivery.open()));
}

/**
 * In the order in which the host gave them, which is that of their batch when it is repeated. Those that have ended
 * are among them: by them the host tells a second write from the first one of a later run, which is about the rest.
 */
function together(groups: Iterable<GivenGroup>): Change {
  return newChange([...groups].sort((a, b) => a.number - b.number));
}

/**
 * At most once, a write that is about no group would be sent again by the next run, if this one is killed.
 *
 * @param about Method and URL.
 * @throws {Error} Where groups are in the model's hands, of which it may be.
 */
export function refuseAboutNone(
  method: string,
  about: () => string,
  { groups, verifies }: Change,
  delivery: Delivery | undefined,
): void {
  if (groups.length > 0 || verifies !== undefined || !isWrite(method)) return;
  if (!delivery?.hasArrayOpen) return;
  throw refusal(
    `Cannot ${about()} at most once: Spoor cannot tell which group it is about, and could not keep it ` +
      "from being sent twice",
    "Make it in each(), batches(), for await or the array's map(), or give it the rows themselves as json. " +
      "What is about no group goes before the query is read, or after all that it gave is saved or rejected.",
  );
}
