/**
 * What a run sends is within the budgets of its model, unless a person lets it go over them: counted by the requests
 * that leave.
 *
 * @module
 */
import type { Budget, Directives, OnRemoved } from "~/model/model.ts";
import type { Before } from "./referee.ts";
import type { TakenGroup } from "./scripted_model.ts";
import { expect, fail } from "./wrong.ts";

/** What a model's header says. */
export interface BudgetRules {
  onRemoved: OnRemoved;
  maxRemoved: Directives["maxRemoved"];
  maxChanges: Directives["maxChanges"];
}

/** What a person lets a run do. */
export interface Allowed {
  allowRemoved: boolean;
  allowChanges: boolean;
  adopt: boolean;
  resend: boolean;
}

const DEFAULT_MAX_REMOVED: Budget = { percent: 20 };
const FEW_GROUPS = 10;

/** See the module's comment. It counts less than the core, and never more. */
export class BudgetCheck {
  /** Groups that a run has found changed, and was let do, and that were not accepted since. */
  #found = new Set<string>();
  /** The same, before this run. */
  #carried: ReadonlySet<string> = new Set();
  #removed = new Set<string>();
  #changed = new Set<string>();
  #run: { before: Before; allowed: Allowed } | undefined;

  constructor(private readonly rules: BudgetRules) {}

  /** A delivery has begun: no budget has blocked it. */
  begun(before: Before, allowed: Allowed): void {
    this.#run = { before, allowed };
    this.#removed.clear();
    this.#changed.clear();
    this.#carried = new Set(this.#found);
    if (allowed.adopt) return;
    for (const [key, content] of before.source) {
      const known = before.accepted.get(key);
      if (allowed.resend || known?.content !== content || known.isOutdated) this.#found.add(key);
    }
  }

  /** What a run will take for carried. */
  found(): ReadonlySet<string> {
    return new Set(this.#found);
  }

  /** @param found The same, as an older state file has it, which is in place. */
  putBack(found: ReadonlySet<string>): void {
    this.#found = new Set(found);
  }

  leaves(groups: readonly TakenGroup[]): void {
    const { before: { accepted, source, ledger }, allowed } = this.#run ??
      fail("a request outside of a run");
    for (const { key, isRemoved } of groups) {
      if (!isRemoved) this.#changed.add(key);
      else if (accepted.has(key)) this.#removed.add(key);
    }
    if (accepted.size === 0) return;
    const { maxRemoved = DEFAULT_MAX_REMOVED, maxChanges } = this.rules;
    const removed = this.#removed.size;
    if (!allowed.allowRemoved && removed > 0) {
      expect(source.size > 0, "groups are removed because the query is empty");
      // What was settled counts as accepted before the budgets are looked at.
      const isOver = isAbove(removed, accepted.size + ledger.size, maxRemoved);
      expect(!isOver, `${removed} of ${accepted.size} groups are removed, over the budget`);
    }
    if (allowed.allowChanges || allowed.resend || !maxChanges) return;
    const changed = this.#changed.difference(this.#carried).size;
    const isOver = isAbove(changed, accepted.size, maxChanges);
    expect(!isOver, `${changed} groups are sent that no run has found before, over the budget`);
  }

  saved(groups: readonly TakenGroup[]): void {
    for (const { key } of groups) this.#found.delete(key);
  }
}

function isAbove(groups: number, accepted: number, budget: Budget): boolean {
  if ("groups" in budget) return groups > budget.groups;
  return groups >= FEW_GROUPS && groups * 100 > accepted * budget.percent;
}
