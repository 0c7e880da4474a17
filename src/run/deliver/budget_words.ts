/**
 * Words for a budget that is gone over.
 *
 * @module
 */
import { renderCount } from "~/base/counts.ts";
import { type BudgetBreach, DEFAULT_MAX_REMOVED, renderBudget } from "~/delivery/budget.ts";
import type { Directives } from "~/model/model.ts";

/** `30 of 40 groups left its query, and @max_removed is 20%` */
export function breachText(
  { budget, groups, accepted }: BudgetBreach,
  { maxRemoved = DEFAULT_MAX_REMOVED, maxChanges }: Pick<Directives, "maxRemoved" | "maxChanges">,
): string {
  if (budget === "empty_query") {
    return `its query gives no rows, and ${renderCount(accepted)} ${
      accepted === 1 ? "group is" : "groups are"
    } accepted`;
  }
  if (budget === "max_removed") {
    const share = `${renderCount(groups)} of ${renderCount(accepted)} groups`;
    return `${share} left its query, and @max_removed is ${renderBudget(maxRemoved)}`;
  }
  return `${renderCount(groups)} groups are new or changed, ${
    renderCount(accepted)
  } are accepted, and @max_changes is ${renderBudget(maxChanges ?? DEFAULT_MAX_REMOVED)}`;
}

/** The option that lets it through. */
export function budgetOption({ budget }: Pick<BudgetBreach, "budget">): string {
  return budget === "max_changes" ? "--allow-changes" : "--allow-removed";
}
