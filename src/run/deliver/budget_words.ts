/**
 * Words for budgets that are gone over.
 *
 * @module
 */
import { renderCount } from "~/base/counts.ts";
import { type BudgetBreach, DEFAULT_MAX_REMOVED, renderBudget } from "~/delivery/budget.ts";
import type { Directives } from "~/model/model.ts";
import type { ModelWishes } from "~/run/models/model_wishes.ts";

/** `30 of 40 groups left its query, and @max_removed is 20%`; of several, one after the other. */
export function breachesText(breaches: readonly BudgetBreach[], directives: Limits): string {
  return breaches.map((breach) => breachText(breach, directives)).join("; ");
}

type Limits = Pick<Directives, "maxRemoved" | "maxChanges">;

function breachText(
  { budget, groups, accepted, carried = 0 }: BudgetBreach,
  { maxRemoved = DEFAULT_MAX_REMOVED, maxChanges }: Limits,
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
  const beside = carried > 0
    ? ` beside the ${renderCount(carried)} that an earlier run has left`
    : "";
  return `${renderCount(groups)} groups are new or changed${beside}, ${
    renderCount(accepted)
  } are accepted, and @max_changes is ${renderBudget(maxChanges ?? DEFAULT_MAX_REMOVED)}`;
}

/**
 * The command that lets them through: what it needs for that, beside what was given.
 *
 * @param given What this run was let do already; a command without it would stop there.
 */
export function commandThrough(
  model: string,
  breaches: readonly Pick<BudgetBreach, "budget">[],
  given: Pick<ModelWishes, "allowRemoved" | "allowChanges" | "resend">,
  practiceOption: string,
): string {
  const isOver = (ofChanges: boolean) =>
    breaches.some(({ budget }) => (budget === "max_changes") === ofChanges);
  return [
    `spoor run ${model}`,
    ...given.resend ? [`--resend ${model}`] : [],
    ...given.allowRemoved || isOver(false) ? ["--allow-removed"] : [],
    ...given.allowChanges || isOver(true) ? ["--allow-changes"] : [],
  ].join(" ") + practiceOption;
}
