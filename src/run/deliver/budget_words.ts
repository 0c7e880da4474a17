/**
 * Words for budgets that are gone over.
 *
 * @module
 */
import { renderCount } from "~/base/text/counts.ts";
import { type BudgetBreach, renderBudget } from "~/delivery/budget.ts";
import type { ModelWishes } from "~/run/models/model_wishes.ts";

/** `30 of 40 groups left its query, and @max_removed is 20%`; of several, one after the other. */
export function breachesText(breaches: readonly BudgetBreach[]): string {
  return breaches.map(breachText).join("; ");
}

function breachText(breach: BudgetBreach): string {
  const { groups, accepted, carried = 0 } = breach;
  if (breach.budget === "empty_query") {
    return `its query gives no rows, and ${renderCount(accepted)} ${
      accepted === 1 ? "group is" : "groups are"
    } accepted`;
  }
  const limit = `@${breach.budget} is ${renderBudget(breach.limit)}`;
  if (breach.budget === "max_removed") {
    const share = `${renderCount(groups)} of ${renderCount(accepted)} groups`;
    return `${share} left its query, and ${limit}`;
  }
  const beside = carried > 0
    ? ` beside the ${renderCount(carried)} that an earlier run has left`
    : "";
  return `${renderCount(groups)} groups are new or changed${beside}, ${
    renderCount(accepted)
  } are accepted, and ${limit}`;
}

/**
 * The command that lets them through: what it needs for that, beside what was given.
 *
 * @param given What this run was let do already; a command without it would stop there.
 * @param selector Of the models to run; `model` itself, where those above it have run.
 */
export function commandThrough(
  model: string,
  breaches: readonly Pick<BudgetBreach, "budget">[],
  given: Pick<ModelWishes, "allowRemoved" | "allowChanges" | "resend">,
  stateOption: string,
  selector: string = model,
): string {
  const isOver = (ofChanges: boolean) =>
    breaches.some(({ budget }) => (budget === "max_changes") === ofChanges);
  return [
    `spoor run ${selector}`,
    ...given.resend ? [`--resend ${model}`] : [],
    ...given.allowRemoved || isOver(false) ? ["--allow-removed"] : [],
    ...given.allowChanges || isOver(true) ? ["--allow-changes"] : [],
  ].join(" ") + stateOption;
}
