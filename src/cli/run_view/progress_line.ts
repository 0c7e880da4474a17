/**
 * How far a running model is: what it does, how much of it, how fast, how long still.
 *
 * @module
 */
import { renderCount } from "~/base/text/counts.ts";
import { renderDuration } from "~/base/time/duration.ts";
import type { ModelProgress } from "~/run/run_event.ts";

/** Said wherever a practice run shows that something is being sent. */
export const NOTHING_LEAVES = "practice: nothing leaves this machine";

/** `sending 12,345 of 100,000, 1,240/s, 1 m 11 s left`. */
export function renderProgress(event: ModelProgress, practice: boolean): string {
  const { phase, done, total, rate, left_ms: leftMs } = event;
  const what = practice && phase === "sending" ? "sending to practice" : phase;
  const speed = rate === undefined || rate <= 0 ? "" : `, ${renderRate(rate)}/s`;
  const left = leftMs === undefined ? "" : `, ${renderDuration(leftMs)} left`;
  return what + renderAmount(done, total) + speed + left;
}

function renderAmount(done: number, total: number | undefined): string {
  if (total !== undefined) return ` ${renderCount(done)} of ${renderCount(total)}`;
  return done === 0 ? "" : ` ${renderCount(done)}`;
}

function renderRate(rate: number): string {
  return rate < 10 ? rate.toFixed(1) : renderCount(Math.round(rate));
}
