/**
 * What a model says that stopped early because its far side does not work.
 *
 * @module
 */
import { renderCount } from "~/base/text/counts.ts";
import type { ErrorReport } from "~/base/user_error.ts";
import type { BudgetAhead } from "~/run/deliver/budget_ahead.ts";
import type { EgressError } from "~/sandbox/protocol.ts";
import type { DeliveryCounts } from "~/store/runs.ts";

/** Why it stopped, and what was and was not sent. */
export function stoppedEarly(
  { message, hint }: EgressError,
  counts: DeliveryCounts,
  ahead: BudgetAhead | undefined,
): ErrorReport {
  const { saved, rejected, failed, unknown, left } = counts;
  const total = saved + rejected + failed + unknown + left;
  const ends: [count: number, word: string][] = [
    [saved, "accepted"],
    [rejected, "rejected"],
    [failed, "failed"],
    [unknown, "unknown"],
  ];
  const tried = ends.filter(([count, word]) => count > 0 || word === "accepted")
    .map(([count, word]) => `${renderCount(count)} ${word}`);
  return {
    message: `${message}; of ${renderCount(total)} groups ${tried.join(", ")}, ${
      renderCount(left)
    } were not sent${ahead ? "" : " and come with the next run"}`,
    ...(ahead ? { hint: hintAt(ahead) } : hint !== undefined && { hint }),
  };
}

function hintAt({ why, command }: BudgetAhead): string {
  return `See whether the service works, and let the rest through once more (${why}): ${command}`;
}
