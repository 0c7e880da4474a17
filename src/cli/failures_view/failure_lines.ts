/**
 * Failures as people read them.
 *
 * @module
 */
import { countOf, renderCount, withRest } from "~/base/counts.ts";
import type { ErrorReport } from "~/base/user_error.ts";
import { renderLocalTime } from "~/cli/output/local_time.ts";
import type { Paint, Style } from "~/cli/output/style.ts";
import { visibleLine } from "~/cli/output/visible_text.ts";
import type { FailedModel } from "~/store/changes/failing_changes.ts";
import type { FoldedFailure } from "./fold_failures.ts";

/** A folded failure with keys of some of its groups, as text. */
export interface ShownFailure {
  failure: FoldedFailure;
  keys: readonly string[];
}

/** What all failures come to. */
export interface FailureTotals {
  parked: number;
  comesAgain: number;
  unknown: number;
}

/** How they are shown. */
export interface FailuresView {
  style: Style;
  /** What commands need to be about this state: ` --practice`, or nothing. */
  option: string;
  /** What runs them: `spoor run`, or what lets them through a budget at which the last run has stopped. */
  run: string;
}

const BELOW = "    ";

/** The word for how a failure stands, and its paint. */
function wordOf({ state, parked }: FoldedFailure): readonly [word: string, paint: Paint] {
  if (state === "unknown") return ["unknown", "warning"];
  if (state === "rejected") return ["rejected", "bad"];
  return parked ? ["parked", "bad"] : ["failed", "warning"];
}

/** A model's failures, most groups first. */
export function renderFailures(
  model: string,
  shown: readonly ShownFailure[],
  groups: number,
  style: Style,
): string[] {
  return [
    `${style.strong(model)}  ${countOf(groups, "group")} not accepted`,
    ...shown.flatMap((one) => renderFailure(one, style)),
  ];
}

function renderFailure({ failure, keys }: ShownFailure, style: Style): string[] {
  const [word, paint] = wordOf(failure);
  const list = withRest(keys.map(visibleLine), failure.groups - keys.length).join("; ");
  const facts = [
    ...failure.since === null ? [] : [`since ${renderLocalTime(failure.since)}`],
    ...failure.attempts > 1 ? [countOf(failure.attempts, "attempt")] : [],
  ].join(", ");
  return [
    `  ${style[paint](word.padEnd(8))}  ${countOf(failure.groups, "group").padStart(9)}  ${
      visibleLine(failure.error)
    }`,
    `  ${BELOW}${list}${facts === "" ? "" : `  ${style.dim(facts)}`}`,
  ];
}

/** A model that failed as a whole. */
export function renderFailedModel(failed: FailedModel, style: Style): string[] {
  const report: ErrorReport | undefined = failed.error === null
    ? undefined
    : JSON.parse(failed.error);
  return [
    `${style.strong(failed.model)}  ${style.bad("failed")} in run ${failed.runId}, ${
      renderLocalTime(failed.startedAt)
    }`,
    `${BELOW}${visibleLine(report?.message ?? "It did not say why")}`,
    ...report?.hint ? [`${BELOW}${style.accent("hint:")} ${visibleLine(report.hint)}`] : [],
  ];
}

/** Counts how failures stand. */
export function totalsOf(failures: readonly FoldedFailure[]): FailureTotals {
  const sum = (test: (failure: FoldedFailure) => boolean) =>
    failures.filter(test).reduce((total, { groups }) => total + groups, 0);
  return {
    parked: sum(({ parked }) => parked),
    comesAgain: sum(({ parked, state }) => !parked && state === "failed"),
    unknown: sum(({ state }) => state === "unknown"),
  };
}

/** What to do about them. */
export function renderNextSteps(
  { parked, comesAgain, unknown }: FailureTotals,
  model: string,
  { style, option, run }: FailuresView,
): string[] {
  const steps: (readonly [command: string, meaning: string])[] = [
    ...comesAgain > 0 ? [[run, `tries ${countOf(comesAgain, "failed group")} again`] as const] : [],
    ...parked > 0
      ? [
        [
          `spoor retry ${model}${option}`,
          `lets the next run try parked and rejected groups again: ${renderCount(parked)} in all`,
        ] as const,
      ]
      : [],
    ...unknown > 0
      ? [
        [
          `spoor unknown${option}`,
          `lists ${countOf(unknown, "group")} whose request may have arrived`,
        ] as const,
      ]
      : [],
    [`spoor why ${model} KEY${option}`, "tells one group's story"],
  ];
  const width = Math.max(...steps.map(([command]) => command.length));
  return steps.map(([command, meaning]) =>
    `${style.accent(command)}${" ".repeat(width - command.length)}  ${meaning}`
  );
}
