/**
 * What becomes of a group next, by what is known of it: decided from values alone.
 *
 * @module
 */
import { renderCount } from "~/base/text/counts.ts";
import { retryCommand, settleCommand } from "~/cli/groups/key_words.ts";
import {
  type Course,
  courseOf,
  isRemovalOver,
  type Outlook,
  outlookText,
  type SendingModel,
  waitsAnyway,
} from "~/cli/groups/outlook.ts";
import { obstacleOf, type TrackedModel } from "~/cli/groups/tracked_model.ts";
import type { DeliveryRow, LedgerRow } from "~/store/changes/group_story.ts";
import type { PendingRow } from "~/store/changes/pending.ts";
import type { AcceptedGroup } from "~/tracked/accept/known_group.ts";

/** What is known of a group. */
export interface GroupFacts {
  model: SendingModel & Pick<TrackedModel, "name" | "promise" | "exportsVerify" | "maxAttempts">;
  /** Its key as words of the command line; `undefined`: they are too long to be shown. */
  words: string | undefined;
  ledger: LedgerRow | undefined;
  /** It was found to be sent, and no run has begun it. */
  pending: PendingRow | undefined;
  accepted: Pick<AcceptedGroup, "isInDoubt"> | undefined;
  /** How its last try ended. */
  last: Pick<DeliveryRow, "action" | "state" | "run_id"> | undefined;
  /** The last run that has compared what there is with what is accepted, if it is known. */
  compared: { runId: number; removed: number } | undefined;
  /** What is in the way of all groups of the model. */
  outlook: Outlook;
  /** A run is under way. */
  isRunning: boolean;
  /** What commands need to be about this state: ` --practice`, or nothing. */
  option: string;
}

/** Where a group stands, and what comes next. */
export interface NextStep {
  code: Course | "accepted" | "pending" | "blocked";
  text: string;
}

/** Tells what is next. */
export function whatIsNext(facts: GroupFacts): NextStep {
  const { model } = facts;
  const obstacle = obstacleOf(model);
  const next = withFailure(atBudget(decide(facts), facts), facts);
  if (obstacle === undefined || next.code === "gone") return next;
  if (model.isInProject && next.code === "accepted") return next;
  return { ...next, text: `${next.text}; but ${obstacle}` };
}

function atBudget(next: NextStep, { model, outlook: { block }, isRunning }: GroupFacts): NextStep {
  if (!block || isRunning || waitsAnyway(next.code)) return next;
  const text = `blocked: ${outlookText({ block })}; nothing of ${model.name} ` +
    `is sent until that is let through: ${block.command}`;
  return { code: "blocked", text };
}

/** What a model that fails in every run would do comes to nothing. */
function withFailure(next: NextStep, { outlook: { failure }, isRunning }: GroupFacts): NextStep {
  const isOfPerson = waitsAnyway(next.code);
  if (!failure || isRunning || isOfPerson || ["blocked", "gone"].includes(next.code)) return next;
  return { ...next, text: `${next.text}; but ${outlookText({ failure })}` };
}

function decide(facts: GroupFacts): NextStep {
  const { model, ledger, isRunning } = facts;
  if (!ledger) return withoutTry(facts);
  const code = courseOf(ledger, model, isRunning);
  switch (code) {
    case "in_flight":
      return { code, text: `a request is out: run ${ledger.run_id} is under way` };
    case "waits_for_you":
      return { code, text: waitsText(facts) };
    case "parked":
      return { code, text: parkedText(facts, ledger) };
    case "comes_again": {
      const attempt = attemptText(ledger.attempts + 1, model.maxAttempts);
      return { code, text: `comes again with the next run (${attempt})` };
    }
    case "gone":
    case "kept":
      return HAS_LEFT[model.onRemoved];
    default:
      return { code, text: TEXTS[code] };
  }
}

/** A run that stops before it delivers asks nothing. */
function waitsText({ model, words, option, outlook }: GroupFacts): string {
  const settle = settleCommand(model.name, words, option);
  const willAsk = model.exportsVerify && obstacleOf(model) === undefined &&
    outlookText(outlook) === undefined;
  return willAsk
    ? `the next run asks verify(); or settle it: ${settle}`
    : `waits for you: ${settle}`;
}

function parkedText({ model, words, option }: GroupFacts, ledger: LedgerRow): string {
  const retry = retryCommand(model.name, words, option);
  if (!isRemovalOver(ledger, model)) return `parked until its content changes, or: ${retry}`;
  const then = model.onRemoved === "keep" ? "keep" : "forget";
  return `parked, as it was to be removed, which @on_removed: ${model.onRemoved} does not send any more; ` +
    `to let the next run ${then} it: ${retry}`;
}

/** Fewer may be allowed now than there were. */
function attemptText(attempt: number, maxAttempts: number): string {
  return attempt <= maxAttempts
    ? `attempt ${attempt} of ${maxAttempts}`
    : `attempt ${attempt}; @max_attempts is ${maxAttempts} by now, so that it is parked if it fails`;
}

function withoutTry(
  { model, pending, accepted, last, compared, isRunning }: GroupFacts,
): NextStep {
  const isAsAdopted = last?.state === "adopted" && last.run_id === compared?.runId;
  if (isAsAdopted) return leftByAdopt(accepted !== undefined);
  if (pending) return waits(pending, isRunning);
  if (!accepted) return gone(last);
  // What the query has and is in doubt was tried, or waits to be.
  if (accepted.isInDoubt) return HAS_LEFT[model.onRemoved];
  const kept = model.onRemoved === "keep" ? compared?.removed ?? 0 : 0;
  return kept > 0 ? acceptedOrKept(kept) : ACCEPTED;
}

/** Of groups that are kept nothing is noted one by one. */
function acceptedOrKept(kept: number): NextStep {
  const those = kept === 1 ? "is the one" : `is one of the ${renderCount(kept)}`;
  const text = `${ACCEPTED.text}, or, if it ${those} that left the query, until it comes back`;
  return { code: "accepted", text };
}

const HAS_LEFT: Readonly<Record<TrackedModel["onRemoved"], NextStep>> = {
  deliver: {
    code: "pending",
    text: "left the query, and may be still there: the next run removes it, if its budget allows",
  },
  keep: {
    code: "kept",
    text: "left the query, and is kept: nothing is sent of it, unless it comes back",
  },
  forget: { code: "gone", text: "left the query: the next run forgets it, and sends nothing" },
};

const ACCEPTED: NextStep = {
  code: "accepted",
  text: "accepted; nothing to do until its content changes",
};

const TEXTS = {
  settled: "settled as sent: a run that finds the same content accepts it without a request",
  repeated: "its last requests may have arrived: the next run repeats it, with the same key",
  repeated_first:
    "its last request may have arrived: the next run repeats it first, with the same key",
} as const;

function waits({ runId: run, action }: PendingRow, isRunning: boolean): NextStep {
  const what = { create: "new", update: "changed", remove: "removed" }[action];
  const text = isRunning
    ? `pending: ${what}, and its turn in run ${run} has not come`
    : `pending: ${what}, and run ${run} did not reach it; the next run looks again and sends it`;
  return { code: "pending", text };
}

/** What all groups of a model share is not the group's last. */
function leftByAdopt(isThere: boolean): NextStep {
  return {
    code: "comes_again",
    text: isThere
      ? "the far side holds something else: the next run sends it"
      : "not at the far side: the next run sends it, if it is in the query",
  };
}

function gone(last: GroupFacts["last"]): NextStep {
  const why = last?.action === "remove" && last.state === "accepted"
    ? "removed at the far side"
    : "no longer in the query";
  return { code: "gone", text: `${why}; it counts as new if it comes back` };
}
