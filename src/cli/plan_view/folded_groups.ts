/**
 * How much of a model's groups is shown, and what is said of the rest.
 *
 * @module
 */
import { renderCount } from "~/base/text/counts.ts";
import type { PlannedChange, PlannedModel } from "~/plan/plan_document.ts";
import { examplesAbout, shareExamples } from "~/run/deliver/budget_examples.ts";

/** Entries of a list that are shown where not all are asked for. */
export const SHOWN = 10;

/**
 * The changes to show, and how many there are besides.
 *
 * @param most How many are shown.
 */
export function foldChanges(
  { changes, groups, status }: PlannedModel,
  most: number,
): { shown: readonly PlannedChange[]; more: number } {
  const shown = changes.slice(0, most);
  if (groups?.adopt && !groups.adopted) return { shown, more: 0 };
  // Where a budget stops the model it is given nothing: only what nobody is told of is listed.
  const total = !groups
    ? changes.length
    : status !== "budget"
    ? groups.create + groups.update + groups.removed
    : changes.length > 0
    ? groups.removed
    : 0;
  return { shown, more: total - shown.length };
}

/**
 * What an error names beside its message. Of budgets that are gone over: the groups that it is about.
 *
 * @param option How the text names `--all`.
 */
export function errorDetails(
  { error, budgets, changes }: PlannedModel,
  all: boolean,
  option: string,
): readonly string[] {
  const details = error?.details ?? [];
  const breaches = budgets?.breaches ?? [];
  if (breaches.length === 0) return details;
  const groups = details.filter((line) => !line.startsWith("… "));
  const limits = all ? [] : shareExamples(breaches);
  const shown: string[] = [];
  let more = 0;
  breaches.forEach((breach, index) => {
    // Of what left the query more is said among the changes, where nobody is told of it.
    if (breach.budget !== "max_changes" && changes.length > 0) return;
    const examples = examplesAbout(breach, groups, breaches).slice(0, limits[index]);
    shown.push(...examples);
    more += breach.groups - examples.length;
  });
  return more > 0 ? [...shown, moreText(more, option)] : shown;
}

/** `… 12 more (--all shows them)` */
export function moreText(count: number, option: string): string {
  return `… ${renderCount(count)} more (${option} shows them)`;
}
