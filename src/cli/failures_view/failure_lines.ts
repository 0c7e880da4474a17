/**
 * Failures as people read them.
 *
 * @module
 */
import { countOf, renderCount, withRest } from "~/base/text/counts.ts";
import type { ErrorReport } from "~/base/user_error.ts";
import { renderLocalTime } from "~/cli/output/local_time.ts";
import type { Way } from "~/cli/groups/outlook.ts";
import type { Paint, Style } from "~/cli/output/style.ts";
import { visibleLine } from "~/cli/output/visible_text.ts";
import type { FailedModel } from "~/store/changes/failing_changes.ts";
import type { FoldedFailure } from "./fold_failures.ts";

/** A folded failure with keys of some of its groups, as text. */
export interface ShownFailure {
  failure: FoldedFailure;
  keys: readonly string[];
}

/** What the failures of one model come to. */
export interface FailureTotals {
  parked: number;
  comesAgain: number;
  unknown: number;
  /** Of the first two: were to be removed, and the far side is told of no removal any more. */
  untold: number;
}

/** Those of one model, and what goes on with them. */
export interface ModelTotals extends FailureTotals {
  model: string;
  way: Way;
}

/** How they are shown. */
export interface FailuresView {
  style: Style;
  /** What commands need to be about this state: ` --practice`, or nothing. */
  option: string;
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

/**
 * Counts how failures stand.
 *
 * @param isUntold The far side is told of no removal any more.
 */
export function totalsOf(failures: readonly FoldedFailure[], isUntold: boolean): FailureTotals {
  const sum = (test: (failure: FoldedFailure) => boolean) => {
    const some = failures.filter(test);
    const removals = isUntold ? some.reduce((total, one) => total + one.removals, 0) : 0;
    return { removals, groups: some.reduce((total, { groups }) => total + groups, 0) };
  };
  const parked = sum((one) => one.parked);
  const comesAgain = sum((one) => !one.parked && one.state === "failed");
  return {
    parked: parked.groups - parked.removals,
    comesAgain: comesAgain.groups - comesAgain.removals,
    unknown: sum(({ state }) => state === "unknown").groups,
    untold: parked.removals + comesAgain.removals,
  };
}

/** What to do about them. */
export function renderNextSteps(
  totals: readonly ModelTotals[],
  { style, option }: FailuresView,
): string[] {
  const [only, another] = totals;
  const model = only && !another ? only.model : "MODEL";
  const sending = totals.filter(({ way }) => way.command !== undefined);
  const parked = sum(sending, "parked");
  const unknown = sum(totals, "unknown");
  const steps: (readonly [command: string, meaning: string])[] = [
    ...tryAgainSteps(sending, option),
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
  return [
    ...totals.flatMap(untriedLines),
    ...steps.map(([command, meaning]) =>
      `${style.accent(command)}${" ".repeat(width - command.length)}  ${meaning}`
    ),
  ];
}

/** A plain run for those that nothing stops, and for each other one what lets it through. */
function tryAgainSteps(
  sending: readonly ModelTotals[],
  option: string,
): (readonly [command: string, meaning: string])[] {
  const plain = `spoor run${option}`;
  const commandOf = ({ model, way }: ModelTotals) =>
    way.command === `spoor run ${model}${option}` ? plain : way.command ?? plain;
  return [...Map.groupBy(sending, commandOf)].flatMap(([command, own]) => {
    const groups = sum(own, "comesAgain");
    return groups > 0 ? [[command, `tries ${countOf(groups, "failed group")} again`]] : [];
  });
}

/** What no run tries again, and why. */
function untriedLines({ model, way, untold, ...totals }: ModelTotals): string[] {
  const groups = totals.parked + totals.comesAgain + totals.unknown;
  if (way.command === undefined) {
    return groups > 0
      ? [`${model}: no run tries ${countOf(groups, "group")} again: ${way.but}`]
      : [];
  }
  return untold > 0 ? [`${model}: no run tries ${countOf(untold, "group")} again: ${UNTOLD}`] : [];
}

const UNTOLD =
  "to be removed, which @on_removed does not send any more (spoor why tells what is next)";

function sum(totals: readonly ModelTotals[], of: keyof FailureTotals): number {
  return totals.reduce((all, one) => all + one[of], 0);
}
