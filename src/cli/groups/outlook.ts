/**
 * What becomes of changes that were tried and are not accepted: by their last try, and by what is in the way of their
 * model. All that tells of it asks here, so that no command promises what no run does.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { ErrorReport } from "~/base/user_error.ts";
import { isUnknown } from "~/delivery/earlier_try.ts";
import { isRepeatedLast } from "~/store/changes/cut_off.ts";
import {
  hasBegunDelivery,
  hasEndedSince,
  type LedgerRow,
  stepsOf,
} from "~/store/changes/group_story.ts";
import { blockOf, type BudgetBlock, findBudgetBlock } from "./budget_block.ts";
import { obstacleOf, type TrackedModel } from "./tracked_model.ts";

/** How the last run of a model stopped before it did anything with its groups. */
export interface Outlook {
  /** The budget at which it did. */
  block?: BudgetBlock | undefined;
  /** It failed, or waited for another one in vain, before it compared them. */
  failure?: { runId: number; why: string } | undefined;
}

/**
 * Looks for it.
 *
 * @param option What commands need to be about this state, where they are shown now.
 */
export function findOutlook(
  db: DatabaseSync,
  { name }: Pick<TrackedModel, "name">,
  option: string,
): Outlook {
  return { block: findBudgetBlock(db, name, option), failure: findFailure(db, name) };
}

/** It in words; `undefined`: nothing is in the way of the next run. */
export function outlookText({ block, failure }: Outlook): string | undefined {
  if (block) return `run ${block.runId} stopped at the budget (${block.why})`;
  return failure && `run ${failure.runId} ended before it compared groups: ${failure.why}`;
}

/** What a person is told of groups of a model that a run is to go on with. */
export interface Way {
  /** Why it does not, if it does not. */
  but: string | undefined;
  /** What goes on with them; `undefined`: nothing does. */
  command: string | undefined;
}

/**
 * Finds it. How the last run ended says nothing of one that is under way.
 *
 * @param how.option What commands need to be about this state.
 */
export function findWay(
  db: DatabaseSync,
  model: TrackedModel,
  { option, isRunning = false }: { option: string; isRunning?: boolean },
): Way {
  const obstacle = obstacleOf(model);
  if (obstacle !== undefined) return { but: obstacle, command: undefined };
  const outlook = isRunning ? {} : findOutlook(db, model, option);
  const command = outlook.block?.command ?? `spoor run ${model.name}${option}`;
  return { but: outlookText(outlook), command };
}

/** What becomes of a change, whatever its group holds by then. */
export type Course =
  | "settled"
  | "in_flight"
  | "waits_for_you"
  | "parked"
  /** The next run forgets it, or leaves it as it is, as `@on_removed` tells the far side of no removal any more. */
  | "gone"
  | "kept"
  | "repeated_first"
  | "repeated"
  | "comes_again";

/** What waits for a person waits all the same; all else is not done by a run that stops before. */
export function waitsAnyway(course: string): boolean {
  return ["in_flight", "waits_for_you", "parked"].includes(course);
}

/** Tells it, if nothing is in the way. */
export function courseOf(
  change: LedgerRow,
  model: SendingModel & Pick<TrackedModel, "promise">,
  isRunning: boolean,
): Course {
  const { state, parked } = change;
  const { promise, onRemoved } = model;
  if (state === "settled") return "settled";
  if (state === "sent" && isRunning) return "in_flight";
  if (isUnknown(change) && promise === "at_most_once") return "waits_for_you";
  if (parked) return "parked";
  if (isRemovalOver(change, model)) return onRemoved === "keep" ? "kept" : "gone";
  if (isUnknown(change)) return isRepeatedLast(change) ? "repeated" : "repeated_first";
  return "comes_again";
}

/** What of a model tells whether it sends, and tells of removals. */
export type SendingModel = Pick<
  TrackedModel,
  "onRemoved" | "isInProject" | "isOfSql" | "otherKind"
>;

/** It was to be removed, and the far side is told of no removal any more. */
export function isRemovalOver({ action }: Pick<LedgerRow, "action">, model: SendingModel): boolean {
  return action === "remove" && isRemovalUntold(model);
}

/** Of one that no run sends anything of, it is not known. */
export function isRemovalUntold(model: SendingModel): boolean {
  return model.onRemoved !== "deliver" && obstacleOf(model) === undefined;
}

/**
 * A run that was stopped says nothing of how the next one ends; at a budget it stops in another way. A model that
 * was skipped since, of which there is no record, has nothing wrong with it.
 */
function findFailure(db: DatabaseSync, model: string): Outlook["failure"] {
  for (const step of stepsOf(db, model)) {
    const { run_id: runId, status, reason, error, groups_new: compared } = step;
    if (status === "cancelled") continue;
    if (status === "ok" || compared !== null || blockOf(step)) return undefined;
    if (hasEndedSince(db, runId) || hasBegunDelivery(db, model, runId)) return undefined;
    return { runId, why: error === null ? reason : firstLineOf(error) };
  }
  return undefined;
}

/** Of the message of a step's error. */
export function firstLineOf(error: string): string {
  const { message }: ErrorReport = JSON.parse(error);
  return message.split("\n", 1)[0] ?? "";
}
