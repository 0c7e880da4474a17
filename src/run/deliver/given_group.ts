/**
 * A group that was given to a model, until its end.
 *
 * @module
 */
import {
  afterFailure,
  type ChangeAction,
  type DeliveryPromise,
  isUnknown,
  type LedgerState,
  settledHashOf,
} from "~/delivery/earlier_try.ts";
import type { LedgerEntry } from "~/store/changes/ledger.ts";
import type { ChangedGroup } from "~/tracked/compare/changed_group_reader.ts";
import type { DeliveredChange } from "./delivered_change_reader.ts";
import type { KeyedChange } from "./idempotency_key.ts";

/** Writes about the same groups. */
export interface WriteCount {
  /** Numbers of all of them, of those too that have ended. */
  of: ReadonlySet<number>;
  /** The place of the next one, from 0. */
  next: number;
  /** A loop of the model's own has put these groups together. */
  isByLoop: boolean;
  /** The last one was answered with 200–299. */
  isTaken: boolean;
}

/** See the module's comment. */
export interface GivenGroup extends ChangedGroup {
  action: ChangeAction;
  /** Its number among those that wait; 0: it does not. */
  pendingNumber: number;
  /** JSON: column → [old, new]; where the group is one row and was one before. */
  changed: string | undefined;
  /** The change's id in the ledger; 0 until it is needed first. */
  changeId: number;
  /** Id of the batch that went out together, below 0; 0: on its own. */
  batch: number;
  /** Its place in that batch, from 0. */
  place: number;
  /** Groups that went out together in this run; 0: it has not gone out. */
  batchSize: number;
  /** Runs in which this very change was tried, this one included; not those where the far side failed. */
  attempts: number;
  /** Numbers of groups that writes were about together → what is known of these; of all of them the same object. */
  writes: Map<string, WriteCount> | undefined;
  /** Its row in the ledger is committed, or on its way. */
  intent: Promise<void> | undefined;
  /** Its row in the ledger says, or is about to say, that a request is out. */
  isOut: boolean;
  /** Requests that are out. */
  pending: number;
  /** The same, and those whose intent is on its way to the disk. */
  unanswered: number;
  /** A request of it has ended that was not refused before it left. */
  hasLeft: boolean;
  /** A request of it may have arrived though no answer came. */
  isUncertain: boolean;
  /** A request of it may have done something at the far side, whatever was answered. */
  hasMoved: boolean;
  /** A request of it was answered with 200–299. */
  isTaken: boolean;
  /** What the ledger had of it before. */
  earlier: LedgerEntry | undefined;
  /** What the model last wanted to save of it cannot be kept. */
  isUnfit: boolean;
  /**
   * Its last request says nothing of it: the far side did not work, or did not know who asks, or the plan that is
   * applied does not have it.
   */
  isFarSides: boolean;
  /** The plan that is applied did not have a request of it. */
  isUnplanned: boolean;
  /** It is to be tried without the groups that it was refused with. */
  goesAlone: boolean;
  /** What its last request was answered with, where that was no 200–299. */
  refusedWith: number | undefined;
  /** `ending`: what it is to be is on its way to the disk. */
  end: "open" | "ending" | "accepted" | "rejected" | "failed";
}

/**
 * A group as it is given to the model.
 *
 * @param last What the ledger has of it.
 * @param same The same, where that is this very change: it goes on.
 */
export function givenGroupOf(
  change: DeliveredChange,
  last: LedgerEntry | undefined,
  same: LedgerEntry | undefined,
): GivenGroup {
  return {
    ...change,
    changeId: same?.id ?? 0,
    batch: same && isUnknown(same) ? same.batch : 0,
    place: same?.place ?? 0,
    batchSize: 0,
    attempts: (same?.attempts ?? 0) + 1,
    writes: undefined,
    intent: undefined,
    isOut: false,
    pending: 0,
    unanswered: 0,
    isUncertain: false,
    hasLeft: false,
    hasMoved: false,
    isTaken: false,
    earlier: last,
    isUnfit: false,
    isFarSides: false,
    isUnplanned: false,
    goesAlone: false,
    refusedWith: undefined,
    end: "open",
  };
}

/** The group's change as its key names it. */
export function keyedChangeOf({ changeId: id, keyText, action, hash }: GivenGroup): KeyedChange {
  return { id, groupKey: keyText, action, contentHash: hash };
}

/** Whether the last request of each of these groups was about them all, and no others. */
export function areOutTogether(groups: readonly GivenGroup[]): boolean {
  const [first] = groups;
  return groups.every(({ isOut, batch, batchSize }) =>
    isOut && batch === first?.batch && batchSize === groups.length
  );
}

/**
 * Whether what is known of a failed group is only that a request of it may have arrived. What must not be
 * done twice is not known to be undone as soon as any request of it may have done something.
 */
export function isUnknownEnd(
  { isUncertain, hasMoved, pending }: GivenGroup,
  promise: DeliveryPromise,
): boolean {
  return isUncertain || pending > 0 || (hasMoved && promise === "at_most_once");
}

/**
 * How a group stands after one more try that was not accepted.
 *
 * One that the far side has taken, and whose rows cannot be kept, is parked at once: another try would do the same
 * at the far side, and could be kept no better. It is not accepted as it was read, which would lose what the
 * model wanted to keep, a remote id, say. Once the model is mended, `retry` sends it with the key that it had.
 */
export function afterTry(
  { attempts, isUnfit, hasMoved }: GivenGroup,
  maxAttempts: number,
): { state: "failed"; parked: boolean } {
  const { state, parked } = afterFailure(attempts, maxAttempts);
  return { state, parked: parked || (isUnfit && hasMoved) };
}

/** What the ledger is to say of the far side, beside what its state says of the group's last try. */
export function knownBeside(
  group: GivenGroup,
  state: LedgerState,
): Pick<LedgerEntry, "moved" | "settledHash"> {
  const { earlier } = group;
  const hasMoved = hasMovedBeside(group, state);
  return {
    moved: hasMoved || earlier?.moved === true,
    settledHash: hasMoved || !earlier ? undefined : settledHashOf(earlier),
  };
}

/** Whether a try from the last row of the ledger on may have done something, beside what the state says. */
function hasMovedBeside(
  { earlier, changeId, hasMoved, pending }: GivenGroup,
  state: LedgerState,
): boolean {
  const wasUnknown = earlier !== undefined && isUnknown(earlier);
  if (isUnknown({ state })) return wasUnknown && earlier.id !== changeId;
  return wasUnknown || hasMoved || pending > 0;
}
