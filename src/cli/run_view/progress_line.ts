/**
 * How far a running model is: what it does, how much of it, how fast, how long still.
 *
 * @module
 */
import { renderDuration } from "~/base/duration.ts";
import { renderCount } from "~/cli/output/counts.ts";
import type { ModelProgress } from "~/run/run_event.ts";

/** Said while something is being sent in a practice run. */
const NOTHING_LEAVES = "practice: nothing leaves this machine";

/** `sending 12,345 of 100,000, 1,240/s, 1 m 11 s left`. */
export function renderProgress(event: ModelProgress, practice: boolean): string {
  const { phase, done, total, rate, left_ms: leftMs } = event;
  const amount = total === undefined
    ? done === 0 ? "" : ` ${renderCount(done)}`
    : ` ${renderCount(done)} of ${renderCount(total)}`;
  const speed = rate === undefined || rate <= 0 ? "" : `, ${renderRate(rate)}/s`;
  const left = leftMs === undefined ? "" : `, ${renderDuration(leftMs)} left`;
  const note = practice && phase === "sending" ? ` (${NOTHING_LEAVES})` : "";
  return phase + amount + speed + left + note;
}

function renderRate(rate: number): string {
  return rate < 10 ? rate.toFixed(1) : renderCount(Math.round(rate));
}
