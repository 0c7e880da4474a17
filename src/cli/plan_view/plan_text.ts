/**
 * A plan for a person: a line a model, below it what it would send.
 *
 * @module
 */
// deno-lint-ignore-file camelcase
import { countOf, renderCount } from "~/base/text/counts.ts";
import { comparedText, differInText } from "~/cli/output/adopted_text.ts";
import { renderReport } from "~/cli/output/error_lines.ts";
import { label } from "~/cli/output/label.ts";
import type { Paint, Style } from "~/cli/output/style.ts";
import { cutToWidth } from "~/cli/output/table.ts";
import { visibleLine } from "~/cli/output/visible_text.ts";
import type {
  PlanDocument,
  PlannedChange,
  PlannedModel,
  PlannedRequest,
  PlannedStatus,
} from "~/plan/plan_document.ts";
import {
  ACTION_SIGNS,
  assumedText,
  differences,
  keyText,
  lastTryText,
  outcomeText,
  reasonTexts,
} from "./change_words.ts";
import { errorDetails, foldChanges, moreText, SHOWN } from "./folded_groups.ts";
import {
  budgetsText,
  doubtsText,
  faultOf,
  groupsText,
  heldBackText,
  outdatedTexts,
  requestsText,
  rowsText,
  sentText,
  sharedLimitTexts,
  STATUS_WORDS,
  summaryText,
  unknownText,
  unverifiedText,
} from "./plan_words.ts";

/** How a plan is shown. */
export interface PlanTextView {
  style: Style;
  /** True: no list is folded, no line cut. */
  all: boolean;
  verbose: boolean;
  /** What commands need to be about the plan's state: ` --practice`, ` --project DIR`, or nothing. */
  option: string;
  /** Width that a request's lines are cut to. */
  columns: number;
}

const PAINTS: Readonly<Record<PlannedStatus, Paint>> = {
  runs: "good",
  up_to_date: "dim",
  fails: "bad",
  budget: "bad",
  blocked: "warning",
  unknown: "warning",
};
const ACTION_PAINTS: Readonly<Record<PlannedChange["action"], Paint>> = {
  create: "good",
  update: "warning",
  remove: "bad",
  forget: "dim",
  keep: "dim",
};
const STATUS_WIDTH = "would be blocked".length;
const INDENT = "      ";

/** The lines of a plan. */
export function renderPlan(plan: PlanDocument, view: PlanTextView): string[] {
  if (!plan.summary.has_changes && plan.summary.failed === 0) {
    return [
      ...outdatedTexts(plan),
      `Nothing to do: ${upToDateText(plan)}. ${sentText(plan.models)}`,
      ...plan.models.flatMap((model) => renderWarnings(model, view)),
      ...heldBackText(plan.models, view.option),
    ];
  }
  const width = Math.max(...plan.models.map(({ model }) => model.length));
  const shown = foldModels(plan.models, view.all);
  const folded = plan.models.length - shown.length;
  return [
    ...outdatedTexts(plan).flatMap((line) => [line, ""]),
    ...shown.flatMap((model) => renderModel(model, width, view)),
    ...folded > 0 ? [`  … ${renderCount(folded)} more up to date (--all shows them)`] : [],
    "",
    ...sharedLimitTexts(plan),
    summaryText(plan),
    // Those of the others are shown with their models.
    ...heldBackText(plan.models.filter(({ groups }) => !groups), view.option),
    ...plan.practice ? ["Practice: what a run sends stays on this machine."] : [],
  ];
}

function upToDateText({ models, summary }: PlanDocument): string {
  if (models.length === 0) return "there are no models";
  return summary.run > 0
    ? "what would run gives what is there already"
    : models.length === 1
    ? "the model is up to date"
    : `all ${renderCount(models.length)} models are up to date`;
}

/** What is to be done or warned of is always shown; what is not, only the first ten. */
function foldModels(models: readonly PlannedModel[], all: boolean): readonly PlannedModel[] {
  let idle = 0;
  return models.filter(({ status, warnings }) =>
    all || status !== "up_to_date" || warnings || idle++ < SHOWN
  );
}

function renderModel(model: PlannedModel, width: number, view: PlanTextView): string[] {
  const { style } = view;
  const status = STATUS_WORDS[model.status];
  const line = [
    "  " + style[PAINTS[model.status]](status) + " ".repeat(STATUS_WIDTH - status.length),
    model.model.padEnd(width),
    style.dim(model.kind.padEnd("tracked".length)),
    [rowsText(model), style.dim(visibleLine(model.reason))].filter((text) => text !== "").join(
      "  ",
    ),
  ].join("  ").trimEnd();
  return [line, ...renderBelow(model, view).map((below) => INDENT + below)];
}

function renderBelow(model: PlannedModel, view: PlanTextView): string[] {
  const { style } = view;
  const labelled = (name: string, text: string) => text === "" ? [] : [label(name, text, view)];
  const { groups, budgets } = model;
  const doubts = groups ? doubtsText(groups) : "";
  return [
    ...labelled("columns", visibleLine(model.column_changes?.join(", ") ?? "")),
    ...renderWarnings(model, view),
    ...labelled("unknown", model.unknown === undefined ? "" : unknownText(model.unknown)),
    ...labelled("assumes", assumesText(model)),
    ...labelled("groups", groups ? groupsText(groups) : ""),
    ...labelled("compared", groups?.adopted ? comparedText(groups.adopted, view.all) : ""),
    ...labelled("differ", groups?.adopted ? differInText(groups.adopted, view.all) : ""),
    ...(groups?.adopted?.notes ?? []).map((note) =>
      label("note", style.warning(visibleLine(note)), view)
    ),
    ...labelled("of these", doubts),
    ...reasonTexts(model, foldChanges(model, view.all ? Infinity : SHOWN).shown).map((reason) =>
      label("why", style.warning(reason), view)
    ),
    ...labelled("verify", unverifiedText(model)),
    ...labelled("budgets", groups && budgets ? budgetsText(budgets, groups) : ""),
    ...renderFault(model, view),
    ...renderChanges(model, view),
    ...renderHeld(model, view),
    ...labelled("requests", requestsText(model)),
  ];
}

function renderWarnings({ warnings = [] }: PlannedModel, view: PlanTextView): string[] {
  return warnings.map((text) => label("warning", view.style.warning(visibleLine(text)), view));
}

function renderFault(model: PlannedModel, view: PlanTextView): string[] {
  const error = faultOf(model);
  if (!error) return [];
  const details = errorDetails(model, view.all, "--all");
  return renderReport({ ...error, details }, { ...view, verbose: view.verbose || view.all });
}

function assumesText({ assumes = [], status }: PlannedModel): string {
  return assumes.length === 0 || status === "unknown"
    ? ""
    : `what is said here holds if ${assumes.join(", ")} is answered as assumed`;
}

function renderChanges(model: PlannedModel, view: PlanTextView): string[] {
  const { requests } = model;
  const { shown, more } = foldChanges(model, view.all ? Infinity : SHOWN);
  const seen = new Set<PlannedRequest>();
  const lines = shown.flatMap((change) => renderChange(change, model, seen, view));
  const loose = requests.filter((request) => request.groups.length === 0);
  const looseShown = view.all ? loose : loose.slice(0, SHOWN);
  return [
    ...looseShown.flatMap((request) => renderRequest(request, view)),
    ...lines,
    ...more > 0 ? [moreText(more, "--all")] : [],
  ];
}

function renderChange(
  change: PlannedChange,
  model: PlannedModel,
  seen: Set<PlannedRequest>,
  view: PlanTextView,
): string[] {
  const { style } = view;
  const paint = style[ACTION_PAINTS[change.action]];
  const what = ["forget", "keep"].includes(change.action)
    ? `  (gone: ${change.action === "keep" ? "kept as it is" : "forgotten"}, nothing is sent)`
    : "";
  const outcome = outcomeText(change, model);
  const own = model.requests.filter((request) => request.groups.includes(change.group));
  return [
    `${paint(`${ACTION_SIGNS[change.action]} ${keyText(change)}`)}${style.dim(what)}`,
    ...what === ""
      ? differences(change, widthOf(view)).map((line) => `    ${cut(line, view)}`)
      : [],
    // Whole: what it was answered is at the end.
    ...[lastTryText(change), cut(outcome, view)].filter((text) => text !== "")
      .map((text) => `    ${style.warning(text)}`),
    ...own.flatMap((request) => {
      if (seen.has(request)) return [`    ${style.dim("in the request above")}`];
      seen.add(request);
      return renderRequest(request, view).map((line) => `    ${line}`);
    }),
  ];
}

function renderRequest(request: PlannedRequest, view: PlanTextView): string[] {
  const { style } = view;
  const { method, url, headers, body, groups } = request;
  const about = groups.length > 1 ? `  (${renderCount(groups.length)} groups)` : "";
  const assumed = assumedText(request);
  const note = assumed === "" ? "" : `  ${assumed}`;
  const names = headers.filter(([name]) => view.all || name !== "user-agent");
  return [
    `${style.accent(`${method} ${cut(visibleLine(url), view)}`)}${about}${style.warning(note)}`,
    style.dim(
      `  ${cut(names.map(([name, value]) => `${name}: ${visibleLine(value)}`).join("; "), view)}`,
    ),
    ...body === null ? [] : [`  ${cut(visibleLine(body), view)}`],
  ];
}

function renderHeld({ held, groups }: PlannedModel, view: PlanTextView): string[] {
  const shown = view.all ? held : held.slice(0, SHOWN);
  const more = (groups?.held ?? 0) - shown.length;
  return [
    ...shown.map((group) =>
      view.style.dim(
        // No run is under way while a plan is made: what was out has no answer.
        `held  ${keyText(group)}  (${
          [
            group.state === "sent" ? "unknown" : group.state,
            ...group.attempts > 0 ? [countOf(group.attempts, "attempt")] : [],
          ].join(", ")
        })`,
      )
    ),
    ...more > 0 ? [`… ${renderCount(more)} more held back (--all shows them)`] : [],
  ];
}

const LEAST_WIDTH = 60;

function cut(text: string, view: PlanTextView): string {
  return cutToWidth(text, widthOf(view));
}

function widthOf({ all, columns }: PlanTextView): number {
  return all ? Infinity : Math.max(LEAST_WIDTH, columns - INDENT.length - 6);
}
