/**
 * Which change a request is about: what the model works on, and in a loop of its own also what the request
 * holds of other groups, as a batch that was filled by hand does.
 *
 * @module
 */
import { refusal } from "~/sandbox/guest/host_error.ts";
import { type Change, changeOf, currentChange } from "./change_context.ts";
import type { Delivery, GivenGroup } from "./delivery.ts";
import { findGroups, findKeys } from "./known_objects.ts";

/** What of a request tells it. */
export interface RequestParts {
  method: string;
  /** What the body is made of, as the model gave it. */
  values: readonly unknown[];
  /** The URL, headers, and the body where it is text: they may hold a change's key. */
  texts: readonly string[];
}

/** Methods that change nothing (RFC 9110, section 9.2.1). */
const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/** Call where the request is asked for: a moment later a plain loop may be at its next row. */
export function changeOfRequest({ method, values, texts }: RequestParts): Change {
  const { change, isByLoop } = currentChange();
  if (!isByLoop) return change;
  const found = new Set<GivenGroup>(change.given);
  if (!SAFE_METHODS.has(method)) {
    for (const value of values) findGroups(value, found);
    for (const text of texts) findKeys(text, found);
  }
  const open = [...found].filter(({ state }) => state === "open");
  return changeOf(open.length > 0 ? open : found);
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
  if (groups.length > 0 || verifies !== undefined || SAFE_METHODS.has(method)) return;
  if (!delivery?.hasOpen) return;
  throw refusal(
    `Cannot ${about()} at most once: Spoor cannot tell which group it is about, and could not keep it ` +
      "from being sent twice",
    "Make it in each(), batches() or a loop over the rows, or give it the rows themselves as json. What is " +
      "about no group goes before the query is read, or after all that it gave is saved or rejected.",
  );
}
