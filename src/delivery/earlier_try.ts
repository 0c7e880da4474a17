/**
 * What becomes of a change that was tried before: decided by what is known of that try alone.
 *
 * | the last try                     | the same content now          | other content now   |
 * | -------------------------------- | ----------------------------- | ------------------- |
 * | `unknown`, at least once         | repeated first, with its key  | a new change, first |
 * | the same, tried before that too, | repeated last, with its key   | a new change, last  |
 * | and no removal                   |                               |                     |
 * | `unknown`, at most once          | held for a person             | held for a person   |
 * | `failed`                         | tried again, with its key     | a new change, last  |
 * | `failed` too often, `rejected`   | parked                        | a new change        |
 * | `settled`                        | accepted without a request    | a new change        |
 *
 * A group that is what was accepted, and that no try may have moved since, is not sent: whatever was tried is over. The
 * same holds of what was settled as sent: it is remembered beside later tries (`settledHash`).
 *
 * @module
 */
import type { Directives } from "~/model/model.ts";

/**
 * Where a change stands that is not accepted. `sent`: a request is out, or was when its run died.
 * `settled`: a person says that the far side has it; a run that finds the same content accepts it without a
 * request.
 */
export type LedgerState = (typeof LEDGER_STATES)[number];

/** All of them. */
export const LEDGER_STATES = ["sent", "unknown", "failed", "rejected", "settled"] as const;

/** What is known of the last try of a group. */
export interface EarlierTry {
  /** The change's identity: its `Idempotency-Key`s are made of it. */
  id: number;
  contentHash: string;
  state: LedgerState;
  /**
   * Id of the batch that went out together, below 0; 0: on its own. Above 0, where it failed: its own id, as it is to
   * go alone the next time.
   */
  batch: number;
  /** Runs in which it was tried. */
  attempts: number;
  parked: boolean;
  action: ChangeAction;
  /**
   * Some try of the group may have done something at the far side: another one than the state says so of.
   * Where a person says that this change was not sent, that is left.
   */
  moved: boolean;
  /**
   * What the far side has of the group by a person's word, or by `verify`: the hash of a content that no try has
   * replaced since, but maybe this one. Where this one is what was settled: a run has taken notice, and has not
   * found it.
   */
  settledHash: string | undefined;
}

/** What a change does. */
export type ChangeAction = "create" | "update" | "remove";

/**
 * What a group is now: the hash of what it holds; `removed`: it was accepted and left the query; `absent`: it
 * holds what was accepted, or was never accepted and left the query.
 */
export type GroupNow = { hash: string } | "removed" | "absent";

/** `@delivery` */
export type DeliveryPromise = NonNullable<Directives["delivery"]>;

/** The request of this change may have arrived, and no answer tells. */
export function isUnknown({ state }: Pick<EarlierTry, "state">): boolean {
  return state === "unknown" || state === "sent";
}

/** Whether a group is not delivered now. */
export function isHeldBack(
  earlier: EarlierTry,
  now: GroupNow,
  promise: DeliveryPromise,
): boolean {
  if (isUnknown(earlier)) return promise === "at_most_once";
  if (!earlier.parked || now === "absent") return false;
  if (now === "removed") return earlier.action === "remove";
  return earlier.action !== "remove" && earlier.contentHash === now.hash;
}

/**
 * Whether a group counts as changed whatever it holds: a try may have done something at the far side, or a
 * person says so, and the content which was accepted before says nothing any more. After tries that were all
 * refused for certain it still does: what is that again is not sent.
 */
export function isForced(earlier: Pick<EarlierTry, "state" | "moved">): boolean {
  return earlier.state === "settled" || mayHaveMore(earlier);
}

/**
 * Whether the far side may hold of a group what was not accepted: how a try ended is not known, or it did not
 * end well and may have done something all the same.
 */
export function mayHaveMore(earlier: Pick<EarlierTry, "state" | "moved">): boolean {
  return earlier.moved || isUnknown(earlier);
}

/** The content that the far side had before this try, or has by it, by what a person said of it. */
export function settledHashOf(earlier: EarlierTry): string | undefined {
  const { state, action, contentHash, settledHash } = earlier;
  if (state !== "settled") return settledHash;
  return action === "remove" ? undefined : contentHash;
}

/** The same where this try did not replace it: a group that is that again is accepted without a request. */
export function knownByWord(earlier: EarlierTry): string | undefined {
  return isUnknown(earlier) ? undefined : settledHashOf(earlier);
}

/** Whether the far side has the group, as whatever, by what a person said. */
export function isThereByWord(earlier: EarlierTry): boolean {
  const mayBeRemoved = isUnknown(earlier) && earlier.action === "remove";
  return !mayBeRemoved && settledHashOf(earlier) !== undefined;
}

/**
 * The batch that a change is to go out in again, its own id where it goes alone; 0: no wish. Only one that may
 * have arrived is repeated exactly: after a refusal the model may well be right to send fewer groups at once.
 */
export function batchToRepeat(earlier: EarlierTry): number {
  return isUnknown(earlier) ? earlier.batch || earlier.id : 0;
}

/** The batch that a change is to be in, by itself where it is its own id; 0: any. */
export function batchToBeIn(earlier: EarlierTry): number {
  return batchToRepeat(earlier) || Math.max(earlier.batch, 0);
}

/**
 * Whether what was sent of a change was refused in an earlier run, so that one like it may be what a whole batch fails
 * by. Not at most once: what was answered by 500 may have been done.
 */
export function hasFailedBefore(
  { state, attempts }: EarlierTry,
  promise: DeliveryPromise,
): boolean {
  return state === "failed" && attempts > 0 && promise === "at_least_once";
}

/**
 * Whether a try that got no answer was not the first, or one with another content came before it: to be repeated
 * before all others has not helped it, and where a model ends at it, none of the others would ever be tried. Not so
 * where it was the run that died: that is not the group's. Nor a removal: the far side may know by the same name
 * what is created before it, and would lose that.
 */
export function isRepeatedInVain(
  { state, attempts, moved, action }:
    & Pick<EarlierTry, "state" | "attempts" | "action">
    & { moved: boolean | number },
): boolean {
  return state === "unknown" && action !== "remove" && (attempts > 1 || Boolean(moved));
}

/** How a change stands after one more try that was not accepted. */
export function afterFailure(
  attempts: number,
  maxAttempts: number,
): { state: "failed"; parked: boolean } {
  return { state: "failed", parked: attempts >= maxAttempts };
}
