/**
 * Words for a plan and its models, the same in text and Markdown.
 *
 * @module
 */
// deno-lint-ignore-file camelcase
import { countOf, renderCount } from "~/base/text/counts.ts";
import { renderDuration } from "~/base/time/duration.ts";
import type { ErrorReport } from "~/base/user_error.ts";
import { adoptedText } from "~/cli/output/adopted_text.ts";
import { outdatedText } from "~/cli/output/outdated_text.ts";
import { visibleLine } from "~/cli/output/visible_text.ts";
import {
  hasUnknown,
  type PlanDocument,
  type PlannedBudgets,
  type PlannedGroups,
  type PlannedModel,
  type PlannedStatus,
} from "~/plan/plan_document.ts";
import { UNKNOWN_UNSENT } from "~/sandbox/protocol.ts";

/** What becomes of a model, in a word or two. */
export const STATUS_WORDS: Readonly<Record<PlannedStatus, string>> = {
  runs: "would run",
  up_to_date: "up to date",
  fails: "would fail",
  budget: "would be blocked",
  blocked: "would be blocked",
  unknown: "unknown",
};

/** `3 → 4 rows`, `4 rows (same)`, or nothing for a view. */
export function rowsText(model: PlannedModel): string {
  const { rows_before: before, rows_after: after, changed, rows_assumed: isAssumed, status } =
    model;
  if (status !== "runs") return before === null ? "" : countOf(before, "row");
  if (after === null) return "";
  const now = `${countOf(after, "row")}${isAssumed ? " (assumed)" : ""}`;
  if (model.rows_before_uncounted) return now;
  if (before === null) return `${now}, new`;
  if (before !== after) return `${renderCount(before)} → ${now}`;
  return changed ? `${now}, other content` : `${now}, same content`;
}

/** `1 to create, 2 to update, 1 to forget (nothing is sent), 40 unchanged`. */
export function groupsText(groups: PlannedGroups): string {
  const { create, update, unchanged, removed, held, on_removed: onRemoved, adopt } = groups;
  if (groups.adopted) {
    return `${adoptedText(groups.adopted)}; --adopt sends nothing, the next run what is left`;
  }
  const parts = [
    `${renderCount(create)} to create`,
    `${renderCount(update)} to update`,
    ...removed > 0 ? [removedText(removed, onRemoved)] : [],
    `${renderCount(unchanged)} unchanged`,
    ...held > 0 ? [`${renderCount(held)} held back`] : [],
  ];
  const text = parts.join(", ");
  return adopt ? `${text}; --adopt records all as sent, and sends nothing` : text;
}

function removedText(removed: number, onRemoved: PlannedGroups["on_removed"]): string {
  const count = renderCount(removed);
  if (onRemoved === "deliver") return `${count} to remove`;
  return onRemoved === "keep"
    ? `${count} gone and kept`
    : `${count} gone, to forget (nothing is sent)`;
}

/** That a run would refuse to begin, and why; no line where it would not. */
export function outdatedTexts({ outdated_by: run }: Pick<PlanDocument, "outdated_by">): string[] {
  return run ? [outdatedText(run.run_id, run.started_at)] : [];
}

/**
 * What no run sends by itself, of some of a plan's models; no line where there is none.
 *
 * @param option What commands need to be about the plan's state.
 */
export function heldBackText(models: readonly PlannedModel[], option: string): string[] {
  const held = models.reduce((sum, { groups, held_back: parked = 0 }) => {
    return sum + (groups?.held ?? parked);
  }, 0);
  if (held === 0) return [];
  const verb = held === 1 ? "is" : "are";
  return [
    `${countOf(held, "group")} ${verb} held back, and not sent: see spoor failures${option}`,
  ];
}

/** What is not sure to be accepted, or nothing. */
export function doubtsText({ unknown, fail, reject }: PlannedGroups): string {
  return [
    ...unknown > 0 ? [`${renderCount(unknown)} ${UNKNOWN_UNSENT}`] : [],
    ...fail > 0 ? [`${renderCount(fail)} would fail`] : [],
    ...reject > 0 ? [`${renderCount(reject)} would be rejected`] : [],
  ].join(", ");
}

/** What a run would ask `verify`, or nothing. */
export function unverifiedText({ unverified = 0 }: PlannedModel): string {
  if (unverified === 0) return "";
  return `${UNKNOWN_UNSENT}: verify() asks the far side about ${
    countOf(unverified, "group")
  }; spoor run asks, spoor apply leaves ${unverified === 1 ? "it" : "them"} unknown`;
}

/** The budgets, and which of them are gone over. */
export function budgetsText(budgets: PlannedBudgets, groups: PlannedGroups): string {
  const { max_removed: maxRemoved, max_changes: maxChanges, accepted, breaches = [] } = budgets;
  const { let_through: through = {}, carried = 0, removed = groups.removed } = budgets;
  const limit = (holds: string | null, letThrough: string | undefined) =>
    letThrough === undefined ? holds ?? "none" : `${letThrough}, let through`;
  const changes = groups.create + groups.update - carried;
  const beside = carried > 0 ? `, beside ${renderCount(carried)} that an earlier run has left` : "";
  // Of nothing there are no shares: no budget holds.
  const of = accepted === 0 ? "(nothing is accepted yet)" : `of ${renderCount(accepted)} accepted`;
  // What is kept harms nobody, and has no limit.
  const removedLimit = groups.on_removed === "keep"
    ? "@on_removed keep"
    : `@max_removed ${limit(maxRemoved, through.max_removed)}`;
  const text = [
    `${removedLimit}: ${renderCount(removed)} ${of}`,
    `@max_changes ${limit(maxChanges, through.max_changes)}: ${
      renderCount(changes)
    } ${of}${beside}`,
  ].join("; ");
  const over = breaches.map(({ budget }) => BUDGET_WORDS[budget]).join(" and ");
  return over === "" ? text : `${text}; over ${over}`;
}

const BUDGET_WORDS = {
  empty_query: "what an empty query may remove",
  max_removed: "@max_removed",
  max_changes: "@max_changes",
} as const;

/** `3 requests, 1 of them assumed; at least 20 s`, or nothing. */
export function requestsText(model: PlannedModel): string {
  const { requests_total: total, assumed_requests: assumed, reads_sent: reads, forecast } = model;
  const parts = total > 0 ? [countOf(total, "request")] : [];
  if (assumed > 0) parts.push(`${renderCount(assumed)} of them after an assumed answer`);
  if (forecast?.at_least_ms !== undefined && forecast.at_least_ms > 0) {
    parts.push(`at least ${renderDuration(forecast.at_least_ms)}`);
  }
  if (reads > 0) parts.push(`${countOf(reads, "read")} sent by this plan`);
  return parts.join(", ");
}

/** What models on one limit take together, a line a limit. */
export function sharedLimitTexts({ shared_limits: limits = [] }: PlanDocument): string[] {
  return limits.map(({ limit, models, requests, at_least_ms: ms }) => {
    const names = `${models.slice(0, -1).join(", ")} and ${models.at(-1)}`;
    const time = ms > 0 ? `, at least ${renderDuration(ms)} together` : "";
    return `${names} share the limit ${limit}: ${countOf(requests, "request")}${time}.`;
  });
}

/** That something is not known, and why; the reason may say so itself. */
export function unknownText(why?: string): string {
  const text = visibleLine(why ?? "");
  if (text.includes(UNKNOWN_UNSENT)) return text;
  return text === "" ? UNKNOWN_UNSENT : `${UNKNOWN_UNSENT}: ${text}`;
}

/** What a model would fail by, where that is known and its own. */
export function faultOf({ error, status }: PlannedModel): ErrorReport | undefined {
  return status === "unknown" || status === "blocked" ? undefined : error;
}

/** The plan in one line. */
export function summaryText({ summary, models }: Pick<PlanDocument, "summary" | "models">): string {
  const { create, update, remove, requests, assumed_requests: assumed, failed, unknown } = summary;
  const count = (status: PlannedStatus) => models.filter((model) => model.status === status).length;
  const groups = [
    `${renderCount(create)} to create`,
    `${renderCount(update)} to update`,
    `${renderCount(remove)} to remove`,
  ].join(", ");
  const sent = `${countOf(requests, "request")}${
    assumed > 0 ? ` (${renderCount(assumed)} of them after an assumed answer)` : ""
  }`;
  const of = unknown === 1 ? models.find(hasUnknown)?.model : undefined;
  return [
    [
      `${countOf(count("runs"), "model")} would run`,
      ...count("unknown") > 0 ? [`${renderCount(count("unknown"))} unknown`] : [],
      `${renderCount(summary.up_to_date)} up to date`,
    ].join(", "),
    `${groups}; ${sent}`,
    ...failed > 0 ? [`${countOf(failed, "model")} would fail or be blocked`] : [],
    ...unknown > 0
      ? [`Not all of ${of ?? countOf(unknown, "model")} can be known without sending`]
      : [],
  ].join(". ") + `. ${sentText(models)}`;
}

/** What a plan itself has sent. */
export function sentText(models: PlanDocument["models"]): string {
  return models.some(({ reads_sent: reads }) => reads > 0)
    ? "Nothing but reads was sent."
    : "Nothing was sent.";
}
