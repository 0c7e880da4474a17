/**
 * How much of a model's groups is shown, and what is said of the rest.
 *
 * @module
 */
import { renderCount } from "~/base/counts.ts";
import type { PlannedChange, PlannedModel } from "~/plan/plan_document.ts";

/** Entries of a list that are shown where not all are asked for. */
export const SHOWN = 10;

/** The changes to show, and how many there are besides. */
export function foldChanges(
  { changes, groups, status }: PlannedModel,
  all: boolean,
): { shown: readonly PlannedChange[]; more: number } {
  const shown = all ? changes : changes.slice(0, SHOWN);
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
 * What an error names beside its message. Of a budget that is gone over: the groups that it is about.
 *
 * @param option How the text names `--all`.
 */
export function errorDetails(
  { error, budgets, changes }: PlannedModel,
  all: boolean,
  option: string,
): readonly string[] {
  const details = error?.details ?? [];
  const breach = budgets?.breach;
  if (!breach) return details;
  // They are among the changes, and more is said of them there.
  if (breach.budget !== "max_changes" && changes.length > 0) return [];
  const groups = details.filter((line) => !line.startsWith("… "));
  const shown = all ? groups : groups.slice(0, SHOWN);
  const more = breach.groups - shown.length;
  return more > 0 ? [...shown, moreText(more, option)] : shown;
}

/** `… 12 more (--all shows them)` */
export function moreText(count: number, option: string): string {
  return `… ${renderCount(count)} more (${option} shows them)`;
}
