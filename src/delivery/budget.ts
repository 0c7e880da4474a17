/**
 * Budgets: how much of what is accepted one run may change or remove before a person has to agree.
 *
 * @module
 */
import type { Budget, Directives } from "~/model/model.ts";

/** What a comparison found, counted in groups. */
export interface BudgetFacts {
  /** Accepted before this run. */
  accepted: number;
  new: number;
  changed: number;
  removed: number;
  /**
   * Of the new and changed ones: found by an earlier run, which no budget has stopped at them, and not accepted
   * yet. They were counted then. @default 0
   */
  carried?: number;
  /** Held back: none of the above but `accepted`. `present`: among the rows of the query. @default none */
  heldBack?: { accepted: number; present: number };
}

/** What a model and its run allow. */
export interface Budgets {
  /** `undefined`: no removal harms, because removed groups are kept. */
  maxRemoved: Budget | undefined;
  maxChanges: Budget | undefined;
  /** `--allow-removed` */
  allowRemoved: boolean;
  /** `--allow-changes` */
  allowChanges: boolean;
}

/** Which budget blocks a run, and with which figures. */
export type BudgetBreach =
  & BreachFigures
  & ({ budget: "empty_query" } | { budget: "max_removed" | "max_changes"; limit: Budget });

interface BreachFigures {
  /** Groups that are concerned. */
  groups: number;
  /** Beside them: those of `@max_changes` that were counted before. @default 0 */
  carried?: number;
  /** Of how many. */
  accepted: number;
}

/** What `@max_removed` is where a model does not say. */
const DEFAULT_MAX_REMOVED: Budget = { percent: 20 };

/** A percentage of less than this many groups is no news. */
const FEW_GROUPS = 10;

/** What a model's header allows. */
export function limitsOf(
  { maxRemoved = DEFAULT_MAX_REMOVED, maxChanges, onRemoved }: Directives,
): Pick<Budgets, "maxRemoved" | "maxChanges"> {
  return { maxRemoved: onRemoved === "keep" ? undefined : maxRemoved, maxChanges };
}

/**
 * Finds the budgets that a run goes over, that of removals first. A query that gives nothing where something
 * was accepted blocks always; a percentage blocks nothing while fewer than 10 groups are concerned;
 * `@max_changes` does not hold for a first run, nor for what an earlier run was let do and has not done.
 */
export function findBreaches(facts: BudgetFacts, budgets: Budgets): BudgetBreach[] {
  const { accepted, removed, carried = 0 } = facts;
  const { maxRemoved, maxChanges } = budgets;
  const changes = facts.new + facts.changed - carried;
  if (accepted === 0) return [];
  const breaches: BudgetBreach[] = [];
  if (!budgets.allowRemoved) {
    if (isEmptyQuery(facts)) breaches.push({ budget: "empty_query", groups: removed, accepted });
    else if (maxRemoved && isOver(removed, accepted, maxRemoved)) {
      breaches.push({ budget: "max_removed", limit: maxRemoved, groups: removed, accepted });
    }
  }
  if (!budgets.allowChanges && maxChanges && isOver(changes, accepted, maxChanges)) {
    breaches.push({
      budget: "max_changes",
      limit: maxChanges,
      groups: changes,
      accepted,
      ...(carried > 0 && { carried }),
    });
  }
  return breaches;
}

function isEmptyQuery({ accepted, new: added, changed, removed, heldBack }: BudgetFacts): boolean {
  return added + changed === 0 && !heldBack?.present && removed > 0 &&
    removed + (heldBack?.accepted ?? 0) === accepted;
}

function isOver(groups: number, accepted: number, budget: Budget): boolean {
  if ("groups" in budget) return groups > budget.groups;
  return groups >= FEW_GROUPS && groups * 100 > accepted * budget.percent;
}

/** As it is written in a header. */
export function renderBudget(budget: Budget): string {
  return "groups" in budget ? String(budget.groups) : `${budget.percent}%`;
}
