/**
 * Refuses to apply a plan that is none of what is there.
 *
 * @module
 */
import { countOf } from "~/base/text/counts.ts";
import { UserError } from "~/base/user_error.ts";
import { findMoved } from "~/plan/compare_plans.ts";
import { SENT_WITH_ANOTHER } from "~/plan/compare_requests.ts";
import type { PlanDocument } from "~/plan/plan_document.ts";
import { SETTINGS_FILE } from "~/project/find_root.ts";
import { stateOption } from "./command_text.ts";

/**
 * What a practice run has sent is of another state, in which nothing of the plan is so.
 *
 * @param practice What would be applied now is practice.
 * @throws {UserError} The plan sends, and the settings of the project say that nothing does.
 */
export function refuseInPractice(
  plan: PlanDocument,
  practice: boolean,
  namedProject: string | undefined,
): void {
  if (plan.practice || !practice) return;
  throw new UserError(
    `Cannot apply the plan: it is of a real run, and "${SETTINGS_FILE}" makes every run practice`,
    {
      at: { path: SETTINGS_FILE },
      hint: `Nothing was sent. Take "practice: true" out of it to send what the plan shows; ` +
        `or make a plan of practice: spoor plan -o plan.json${stateOption(false, namedProject)}`,
    },
  );
}

/** What else is known of a plan that is to be applied. */
export interface ToApply {
  namedProject: string | undefined;
  /** The run that has applied it before. */
  appliedIn: number | undefined;
}

/** @throws {UserError} Something is not as it was when the plan was made. */
export function refuseMoved(
  plan: PlanDocument,
  now: PlanDocument,
  { namedProject, appliedIn }: ToApply,
): void {
  const planAnew = `spoor plan -o plan.json${stateOption(plan.practice, namedProject)}`;
  if (plan.project_id !== now.project_id) {
    const isOfNone = plan.based_on.last_run === null;
    throw new UserError(
      isOfNone
        ? "Cannot apply the plan: it was made where there was no state in .spoor, and here is one"
        : "Cannot apply the plan: it is of another project, or of another state of it",
      { hint: `Nothing was sent. Make a plan of this one: ${planAnew}` },
    );
  }
  refuseEarlierState(plan, now);
  const moved = findMoved(plan, now);
  if (moved.length === 0) return;
  if (appliedIn !== undefined) {
    throw new UserError(
      `Cannot apply the plan: run ${appliedIn} has applied it already, as far as it came`,
      {
        details: moved,
        hint: `Nothing was sent. What that run has left is in a new plan: ${planAnew}`,
      },
    );
  }
  const what = moved.length === 1 ? "something has" : `${countOf(moved.length, "thing")} have`;
  throw new UserError(`Cannot apply the plan: ${what} moved since it was made`, {
    details: moved,
    hint: moved.some((line) => line.includes(SENT_WITH_ANOTHER))
      ? "Nothing was sent. Make a new plan, look at it, and apply that one. What the model makes anew each time " +
        "(a random number, the present time) is never as planned"
      : "Nothing was sent. Make a new plan, look at it, and apply that one",
  });
}

/** What is not known here would go out again, and a new plan would say just that. */
function refuseEarlierState({ based_on: was }: PlanDocument, { based_on: is }: PlanDocument): void {
  if (was.last_run === null || (is.last_run ?? 0) >= was.last_run) return;
  const state = is.last_run === null
    ? "there is no state here now"
    : `the state here knows no run after run ${is.last_run}`;
  throw new UserError(
    `Cannot apply the plan: it was made on the state that run ${was.last_run} has left, and ${state}`,
    {
      hint: "Nothing was sent. Put the state file that it was made on in its place, or a newer one",
    },
  );
}
