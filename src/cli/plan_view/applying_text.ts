/**
 * What to do with a plan that was written to a file: it is offered to be applied only where that does what it shows.
 *
 * @module
 */
import { countOf } from "~/base/text/counts.ts";
import { shellPath } from "~/base/text/shell_word.ts";
import type { PlanDocument } from "~/plan/plan_document.ts";

/** The commands that it names. */
export interface ApplyingCommands {
  /** Where the plan is, as given. */
  file: string;
  /** What `spoor apply` needs to be about the plan's project. */
  option: string;
  /** The run that the plan is of. */
  run: string;
}

/** One or two sentences. */
export function applyingText(
  { summary, outdated_by: outdatedBy }: Pick<PlanDocument, "summary" | "outdated_by">,
  { file, option, run }: ApplyingCommands,
): string {
  const { failed, unknown, assumed_requests: assumed, has_changes: hasChanges } = summary;
  if (outdatedBy) return "It cannot be applied: no run begins from this state.";
  if (failed > 0) {
    return `Applied as it is, it ends with exit code 1: ${countOf(failed, "model")} would fail ` +
      "or be blocked. Make it anew once that is mended.";
  }
  if (!hasChanges) return "There is nothing in it to do.";
  if (unknown > 0) {
    return "Not all of it is known, and spoor apply sends only what is shown: a request that is not " +
      `is refused, and its group fails. To send all of it: ${run}`;
  }
  const apply = `To send just this: spoor apply ${shellPath(file)}${option}`;
  if (assumed === 0) return apply;
  return `${apply}; what comes after an assumed answer leaves only if it is then as shown, ` +
    `else its group fails. To send it in any case: ${run}`;
}
