/**
 * Words for a budget that is gone over.
 *
 * @module
 */
import { countText } from "~/base/count_text.ts";
import { type BudgetBreach, DEFAULT_MAX_REMOVED, renderBudget } from "~/delivery/budget.ts";
import type { Directives } from "~/model/model.ts";

/** `30 of 40 groups left its query, and @max_removed is 20%` */
export function breachText(
  { budget, groups, accepted }: BudgetBreach,
  { maxRemoved = DEFAULT_MAX_REMOVED, maxChanges }: Pick<Directives, "maxRemoved" | "maxChanges">,
): string {
  if (budget === "empty_query") {
    return `its query gives no rows, and ${countText(accepted)} ${
      accepted === 1 ? "group is" : "groups are"
    } accepted`;
  }
  if (budget === "max_removed") {
    const share = `${countText(groups)} of ${countText(accepted)} groups`;
    return `${share} left its query, and @max_removed is ${renderBudget(maxRemoved)}`;
  }
  return `${countText(groups)} groups are new or changed, ${
    countText(accepted)
  } are accepted, and @max_changes is ${renderBudget(maxChanges ?? DEFAULT_MAX_REMOVED)}`;
}

/** The option that lets it through. */
export function budgetOption({ budget }: Pick<BudgetBreach, "budget">): string {
  return budget === "max_changes" ? "--allow-changes" : "--allow-removed";
}
