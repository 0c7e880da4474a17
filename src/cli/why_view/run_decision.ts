/**
 * What a run decided about a group that it did not try.
 *
 * Such a run left no record of the group alone. What it decided follows from the
 * group's last try before it, from its next one after it, and from the sums of the run:
 *
 * | last try before | the run                          | the group was                 |
 * | --------------- | -------------------------------- | ----------------------------- |
 * | any             | failed before it compared        | blocked, or not reached       |
 * | any             | ended well and did not compare   | not compared                  |
 * | accepted        | compared, and reached all        | unchanged                     |
 * | accepted        | compared, left some              | unchanged, or not reached     |
 * | accepted        | some left the query; it is new later, or gone now | gone, if no other run forgot any |
 * | accepted        | some had left the query, and are kept now | unchanged, or one of these |
 * | none; accepted  | compared                         | unchanged, if its key was this one then |
 * | not accepted    | held some back, and still knows of it after that | held back     |
 * | not accepted    | held some back                   | held back, or not in the query |
 * | not accepted    | left some                        | not reached                   |
 * | any             | died after it had compared       | cut off, or not tried         |
 *
 * What the last comparison has left is still pending, and tells of its run which groups it did not reach.
 *
 * @module
 */
import { renderCount } from "~/base/text/counts.ts";
import { blockOf } from "~/cli/groups/budget_block.ts";
import { firstLineOf } from "~/cli/groups/outlook.ts";
import { runCutOff } from "~/store/changes/cut_off.ts";
import type { DeliveryRow, StoryStep } from "~/store/changes/group_story.ts";
import type { PendingRow } from "~/store/changes/pending.ts";
import { isAccepted, isByHand } from "./delivery_row.ts";

/** What a run decided about a group that it did not try. */
export type Decision =
  | "unchanged"
  | "unchanged_or_not_reached"
  | "unchanged_or_gone"
  | "unchanged_or_kept"
  | "unchanged_or_new_key"
  | "left"
  | "held_back"
  | "held_back_or_gone"
  | "not_reached"
  | "cut_off"
  | "not_tried"
  | "not_compared"
  | "blocked"
  | "failed"
  | "gone"
  | "not_there"
  | "new_key";

/** It, and what it is known by. */
export interface Decided {
  decision: Decision;
  detail: string;
}

/** What is on record of a group, beside its tries. */
export interface GroupRecord {
  /** The hash of what is accepted now. */
  accepted: { hash: string | undefined } | undefined;
  /** The ledger has its last try, which was not accepted. @default false */
  isOpen?: boolean;
  /** It was found to be sent, and no run has begun it. */
  pending?: PendingRow | undefined;
  /** The run that has left what is pending now, and nothing else. */
  leftBy?: number | undefined;
  /** The run by which a request of it is out, or was when that died, if none has noted it since. */
  outIn?: number | undefined;
  /**
   * `@on_removed: keep`: what left the query stays accepted. That is what is written now; of the runs before nobody
   * has noted it. @default false
   */
  keepsRemoved?: boolean;
  /**
   * That it was accepted is on record only under a key that was its model's before these runs, if at all. False: then
   * it may have been another one in them. @default true
   */
  isKeyKnown?: boolean;
}

/**
 * See the module's comment.
 *
 * @param before The group's last try before the run, …
 * @param after … and its next one after it.
 */
export function decideRun(
  step: StoryStep,
  before: DeliveryRow | undefined,
  after: DeliveryRow | undefined,
  facts: GroupRecord,
): Decided {
  const { accepted, pending } = facts;
  if (step.status === "died") return inDeadRun(step, before, after, facts);
  if (step.groups_new === null) {
    // What sends by its own query has such tries; what is kept in step by SQL has none.
    const compares = before !== undefined || after?.action === "create";
    return withoutComparison(step, compares, accepted !== undefined);
  }
  const left = step.groups_left ?? 0;
  if (pending?.runId === step.run_id) return notReached(left);
  const isLeftKnown = isReachKnown(step, facts);
  if (!before) {
    if (accepted && !after) return unchangedSinceLong(facts);
    return left > 0 && !isLeftKnown
      ? {
        decision: "not_reached",
        detail: `not among those reached; ${renderCount(left)} ${left === 1 ? "was" : "were"} left`,
      }
      : { decision: "not_there", detail: "not in its query yet" };
  }
  if (isAccepted(before)) return sinceAccepted(step, before, after, facts);
  const holdsSome = (step.groups_parked ?? 0) > 0;
  if (holdsSome && left === 0 && before.state !== "retried") {
    return heldBack(step, before, after, facts);
  }
  if (left > 0) return notReached(left);
  return { decision: "gone", detail: "not in the query, or as it was accepted before" };
}

/** What is not pending the run has reached, unless it was tried before that: then it stands in the ledger. */
function isReachKnown({ run_id: runId }: StoryStep, { leftBy, isOpen }: GroupRecord): boolean {
  return leftBy === runId && !isOpen;
}

function notReached(left: number): Decided {
  return { decision: "not_reached", detail: `the run left ${renderCount(left)} of its groups` };
}

/** Nothing of it was added up, but what it was about to do is on the disk. */
function inDeadRun(
  step: StoryStep,
  before: DeliveryRow | undefined,
  after: DeliveryRow | undefined,
  facts: GroupRecord,
): Decided {
  const { run_id: runId } = step;
  const { accepted, pending, outIn, keepsRemoved } = facts;
  if (outIn === runId || runCutOff(after?.error ?? null) === runId) {
    return { decision: "cut_off", detail: "a request of it was out" };
  }
  if (pending?.runId === runId) {
    return { decision: "not_reached", detail: "the run died before its turn came" };
  }
  const wasAccepted = before ? isAccepted(before) && before.action !== "remove" : !after;
  if (accepted && wasAccepted && !keepsRemoved && isReachKnown(step, facts)) {
    return before ? unchanged(accepted.hash) : unchangedSinceLong(facts);
  }
  const detail = "the run died, and it is not on record whether the group's turn was to come";
  return { decision: "not_tried", detail };
}

/** What is known of a try is over when its group has left the query, or is again what was accepted. */
function heldBack(
  { groups_removed: removed }: StoryStep,
  before: DeliveryRow,
  after: DeliveryRow | undefined,
  { isOpen = false }: GroupRecord,
): Decided {
  const detail = `${before.state} in run ${before.run_id}`;
  const isKnownLater = after ? isByHand(after) || after.change_id === before.change_id : isOpen;
  // What was refused stays refused while a group that was accepted before is out of the query.
  const mayBeOut = before.state === "rejected" && (removed ?? 0) > 0;
  if (isKnownLater && !mayBeOut) return { decision: "held_back", detail };
  const orAsBefore = before.action === "create" ? "" : "; or again as it was accepted";
  return { decision: "held_back_or_gone", detail: detail + orAsBefore };
}

function withoutComparison(
  step: StoryStep,
  compares: boolean,
  isAcceptedNow: boolean,
): Decided {
  const { error } = step;
  if (error === null) {
    if (step.status !== "ok") return { decision: "not_reached", detail: step.reason };
    if (step.kind !== "tracked") {
      return { decision: "not_compared", detail: `the model had the kind "${step.kind}"` };
    }
    if (compares) {
      return { decision: "not_compared", detail: "the model ended before it read its query" };
    }
    return isAcceptedNow
      ? { decision: "unchanged", detail: "in its table; nothing was to be sent" }
      : { decision: "not_there", detail: "nothing was compared" };
  }
  return { decision: blockOf(step) ? "blocked" : "failed", detail: firstLineOf(error) };
}

function sinceAccepted(
  step: StoryStep,
  before: DeliveryRow,
  after: DeliveryRow | undefined,
  facts: GroupRecord,
): Decided {
  if (before.action === "remove") return { decision: "gone", detail: "not in the query" };
  const { accepted, keepsRemoved } = facts;
  const isGoneLater = after ? after.action === "create" : accepted === undefined;
  const removed = step.groups_removed ?? 0;
  if (isGoneLater && removed > 0) {
    const detail = `${renderCount(removed)} of its groups left the query in this run`;
    return { decision: "unchanged_or_gone", detail };
  }
  const left = step.groups_left ?? 0;
  if (left > 0 && !isReachKnown(step, facts)) {
    return {
      decision: "unchanged_or_not_reached",
      detail: `the run left ${renderCount(left)} of its groups`,
    };
  }
  if (keepsRemoved && removed > 0) {
    const were = removed === 1 ? "was" : "were";
    const detail = `${renderCount(removed)} of its groups ${were} not, and may have been kept`;
    return { decision: "unchanged_or_kept", detail };
  }
  return unchanged(before.content_hash || (after ? undefined : accepted?.hash));
}

function unchanged(hash: string | undefined): Decided {
  return { decision: "unchanged", detail: hash ? `accepted content ${hash}` : "accepted content" };
}

/** It is accepted, and no try of it is on record. */
function unchangedSinceLong({ accepted, isKeyKnown = true }: GroupRecord): Decided {
  if (isKeyKnown) return unchanged(accepted?.hash);
  return {
    decision: "unchanged_or_new_key",
    detail: "that it was accepted by this key is not on record; it may have been another one then",
  };
}
