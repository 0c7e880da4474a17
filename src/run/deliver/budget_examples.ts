/**
 * Groups that are named where budgets are gone over. Of one budget they are keys; of two that are gone over
 * at once each line says which of them it is about, and they share the lines that are shown.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { withRest } from "~/base/text/counts.ts";
import type { BudgetBreach } from "~/delivery/budget.ts";
import { columnList, temp } from "~/sql/identifiers.ts";
import { isCarried } from "~/tracked/compare/carried_changes.ts";
import { wasAccepted } from "~/tracked/compare/comparison_sql.ts";
import type { ChangeSet } from "~/tracked/compare/find_changes.ts";
import { renderGroupKey } from "~/tracked/group_key.ts";
import { prepareArrayRows, readRow } from "~/warehouse/statements/array_rows.ts";

/** How many are shown in all. */
const EXAMPLES = 10;

type Breach = Pick<BudgetBreach, "budget" | "groups" | "carried">;

/**
 * Reads them.
 *
 * @param fold Whether every group is wanted, and else what shows them all.
 */
export function examplesOf(
  db: DatabaseSync,
  changes: ChangeSet,
  breaches: readonly Breach[],
  fold: { all: boolean; command: string },
): string[] {
  const limits = fold.all ? breaches.map(() => undefined) : shareExamples(breaches);
  const lines = breaches.flatMap((breach, index) =>
    readKeys(db, changes, breach, limits[index]).map((key) =>
      key + (breaches.length > 1 ? endOf(breach.budget) : "")
    )
  );
  const more = breaches.reduce((sum, { groups }) => sum + groups, 0) - lines.length;
  return withRest(lines, more, fold.command);
}

/** How many groups of each are shown: half of the lines, or more where the other needs less. */
export function shareExamples(breaches: readonly Breach[]): number[] {
  const half = EXAMPLES / 2;
  return breaches.map(({ groups }, index) => {
    const others = breaches.filter((_, other) => other !== index);
    const taken = others.reduce((sum, other) => sum + Math.min(other.groups, half), 0);
    return Math.min(groups, EXAMPLES - taken);
  });
}

/** Those of the lines that are about one of the budgets. */
export function examplesAbout(
  { budget }: Breach,
  lines: readonly string[],
  breaches: readonly Breach[],
): readonly string[] {
  return breaches.length > 1 ? lines.filter((line) => line.endsWith(endOf(budget))) : lines;
}

function endOf(budget: Breach["budget"]): string {
  return budget === "max_changes" ? " is new or changed" : " left the query";
}

function readKeys(
  db: DatabaseSync,
  { comparison: c, removedUnaccepted }: ChangeSet,
  { budget, carried = 0 }: Breach,
  limit: number | undefined,
): string[] {
  const table = budget === "max_changes" ? c.rowsTable : c.removedTable;
  const keys = columnList(c.uniqueKey);
  const end = limit === undefined ? "" : ` LIMIT ${limit}`;
  const which = carried > 0
    ? `WHERE NOT ${isCarried(c)}`
    : budget !== "max_changes" && removedUnaccepted > 0
    ? `WHERE ${wasAccepted(c)}`
    : "";
  return prepareArrayRows(db, `SELECT DISTINCT ${keys} FROM ${temp(table)} AS r ${which}${end}`)
    .all(...carried > 0 ? [c.model] : []).map(readRow).map((key) =>
      renderGroupKey(c.uniqueKey, key)
    );
}
