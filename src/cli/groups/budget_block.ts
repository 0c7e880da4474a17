/**
 * The budget at which a model's last run has stopped. All that such a run found was rolled back, so that of
 * single groups only this is known: nothing of the model is sent until a person lets it through.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { ErrorReport } from "~/base/user_error.ts";
import { withStateOption } from "~/run/command_text.ts";
import { stepsOf, type StoryStep } from "~/store/changes/group_story.ts";

/** See the module's comment. */
export interface BudgetBlock {
  runId: number;
  /** `11 of 50 groups left its query, and @max_removed is 20%` */
  why: string;
  /** What lets it through. */
  command: string;
}

/**
 * Finds it by the last run that has come as far as the model.
 *
 * @param option What commands need to be about this state, where they are shown now.
 */
export function findBudgetBlock(
  db: DatabaseSync,
  model: string,
  option: string,
): BudgetBlock | undefined {
  for (const step of stepsOf(db, model)) {
    // One that was stopped before, or waited for another model in vain, has looked at nothing.
    const hasLooked = step.error !== null || step.groups_new !== null || step.status === "ok";
    if (!hasLooked) continue;
    const block = blockOf(step);
    return block && { ...block, command: withStateOption(block.command, option) };
  }
  return undefined;
}

/** What a budget says in a step's error; no other hint begins so. */
const BUDGET_HINT = /^Nothing was sent\..*?: (spoor .*)/;

/** The budget that has blocked a step, if one has. */
export function blockOf({ run_id: runId, error }: StoryStep): BudgetBlock | undefined {
  if (error === null) return undefined;
  const { message, hint = "" }: ErrorReport = JSON.parse(error);
  const [, command] = BUDGET_HINT.exec(hint) ?? [];
  if (command === undefined) return undefined;
  const [first = ""] = message.split("\n", 1);
  return { runId, why: first.replace(/^Cannot send \S+: /, ""), command };
}
