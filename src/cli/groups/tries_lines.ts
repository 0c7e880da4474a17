/**
 * What each try of a request came to, as people read it.
 *
 * @module
 */
// deno-lint-ignore-file camelcase -- words of the record.
import { countOf, renderCount } from "~/base/text/counts.ts";
import { renderDuration } from "~/base/time/duration.ts";
import { renderLocalMoment } from "~/cli/output/local_time.ts";
import type { Style } from "~/cli/output/style.ts";
import { visibleLine } from "~/cli/output/visible_text.ts";
import type { RecordedTries, RecordedTry } from "~/store/changes/recorded_tries.ts";

/** A shorter wait is that of a message on its way. */
const SHORTEST_TOLD_MS = 10;

const CAUSES: Readonly<Record<string, string>> = {
  back_off: "back-off",
  retry_after: "Retry-After",
  slow_down: "too fast: all requests of the model waited",
  rate_limit: "@rate_limit",
  token: "a new access token",
};

/** A line each; where some are left out, one on these. */
export function renderTries(
  { tries, tries_left_out: leftOut }: RecordedTries,
  style: Style,
): string[] {
  const width = String(tries.at(-1)?.nth ?? 0).length;
  return tries.flatMap((each, index) => {
    const isAfterGap = each.nth > (tries[index - 1]?.nth ?? 0) + 1;
    const name = `try ${String(each.nth).padEnd(width)}`;
    return [
      ...isAfterGap && leftOut ? [style.dim(leftOutText(leftOut))] : [],
      `${style.dim(`${name}  ${renderLocalMoment(each.at)}`)}  ${endOf(each, style)}${
        waitOf(each)
      }`,
    ];
  });
}

function endOf(
  { status, error, elapsed_ms: elapsedMs, retry_after_ms }: RecordedTry,
  style: Style,
) {
  const end = status === undefined ? visibleLine(error ?? "no answer is known") : String(status);
  const isGood = status !== undefined && status < 300;
  const asked = retry_after_ms === undefined
    ? ""
    : `, Retry-After ${renderDuration(retry_after_ms)}`;
  return `${style[isGood ? "good" : "bad"](end)} after ${renderDuration(elapsedMs)}${asked}`;
}

function waitOf({ waited_ms: waited = {} }: RecordedTry): string {
  const parts = Object.entries(waited).filter(([, ms]) => ms >= SHORTEST_TOLD_MS)
    .map(([cause, ms]) => `${renderDuration(ms)} (${CAUSES[cause] ?? visibleLine(cause)})`);
  return parts.length === 0 ? "" : `; then waited ${parts.join(", ")}`;
}

function leftOutText(leftOut: Readonly<Record<string, number>>): string {
  const ends = Object.entries(leftOut);
  const count = ends.reduce((sum, [, times]) => sum + times, 0);
  const each = ends.map(([end, times]) => `${renderCount(times)} × ${visibleLine(end)}`);
  return `… ${countOf(count, "more try", "more tries")}: ${each.join(", ")}`;
}
