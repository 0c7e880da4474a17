/**
 * Why a run was stopped, in words.
 *
 * @module
 */
import { renderDuration } from "~/base/time/duration.ts";

/**
 * See the module's comment.
 *
 * @param timeoutMs The run's `--timeout`, where it is what is over.
 */
export function stopReason(isStateGone: boolean, timeoutMs: number | undefined): string {
  if (isStateGone) return "its state file is not there any more";
  return timeoutMs === undefined
    ? "the run was stopped"
    : `the run's --timeout of ${renderDuration(timeoutMs)} was over`;
}
