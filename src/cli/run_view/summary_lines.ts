/**
 * The last lines of a run: how it ended, what was sent, what to do or to look at next.
 *
 * @module
 */
import { countOf, renderCount, withRest } from "~/base/text/counts.ts";
import { renderDuration } from "~/base/time/duration.ts";
import type { Style } from "~/cli/output/style.ts";
import type { ModelName } from "~/model/model.ts";
import type { BudgetAhead } from "~/run/deliver/budget_ahead.ts";
import type { ModelFinished, RunFinished } from "~/run/run_event.ts";
import { NOTHING_LEFT } from "./model_lines.ts";

/** What is added up while a run's models end. */
export class RunTally {
  failed: ModelName[] = [];
  /** True: at least one model compared groups in order to send them. */
  hasDeliveries = false;
  groupsSent = 0;
  groupsLeft = 0;
  /** What the next run would stop at a budget with. */
  blocked: BlockedGroups[] = [];
  /** A table worth looking at: the last one that was built, raw ones last. */
  table: ModelName | undefined;

  /** Takes a model in. */
  add(event: ModelFinished): void {
    if (event.status === "failed") this.failed.push(event.model);
    if (isWorthSeeing(event, this.table)) this.table = event.model;
    // Of those that wait some may be what `verify` was asked about.
    this.groupsLeft += event.waiting ?? event.verified?.not_sent ?? 0;
    if (!event.delivery) return;
    const { saved, failed, unknown, left, kept_back: kept = 0 } = event.delivery;
    const { held_back: held = 0 } = event.adopted ?? {};
    const waiting = event.adopted ? left - held : failed + unknown + left - kept;
    const { model, next_blocked: ahead } = event;
    if (ahead && waiting > 0) this.blocked.push({ model, groups: waiting, ...ahead });
    else this.groupsLeft += waiting;
    if (!event.requests) return;
    this.hasDeliveries = true;
    this.groupsSent += saved;
  }
}

/** Groups of one model that are left, and that no run sends until a budget is let through. */
interface BlockedGroups extends BudgetAhead {
  model: ModelName;
  groups: number;
}

function isWorthSeeing(event: ModelFinished, before: ModelName | undefined): boolean {
  if (event.status !== "ok" || event.kind !== "table") return false;
  const isRaw = (name: ModelName) => name.startsWith("raw.");
  return before === undefined || isRaw(before) || !isRaw(event.model);
}

/** How the summary is shown. */
export interface SummaryView {
  style: Style;
  /** How this program is called. */
  program: string;
  /** What commands need to be about this state: ` --practice`, ` --project DIR`, or nothing. */
  option: string;
  /** True: no list is folded. */
  all: boolean;
}

const NAMES_SHOWN = 10;

/** A run in which no model had anything to do: one line, and what waits for a person. */
export function renderNothingToDo(run: RunFinished, view: SummaryView): string[] {
  const { skipped, elapsed_ms: ms } = run;
  const verb = skipped === 1 ? "is" : "are";
  const what = skipped === 0
    ? "there are no models"
    : `${countOf(skipped, "model")} ${verb} up to date`;
  return [
    view.style.good(
      `Nothing to do: ${what} (${renderDuration(ms)})`,
    ),
    ...heldBackLines(run, view),
  ];
}

/** Whether a run found nothing to do. */
export function hadNothingToDo({ status, ok, failed, blocked, cancelled }: RunFinished): boolean {
  return status === "ok" && ok + failed + blocked + cancelled === 0;
}

/** The last lines of every other run. */
export function renderSummary(run: RunFinished, tally: RunTally, view: SummaryView): string[] {
  const { style } = view;
  const lines = [`${headline(run, style)} ${modelsText(run)}.`];
  if (tally.failed.length > 0) {
    lines.push(`${style.bad("Failed:")} ${namesText(tally.failed, view.all)}`);
  }
  if (run.timeout_ms !== undefined) {
    const time = renderDuration(run.timeout_ms);
    const then = run.status === "ok" ? "all was done by then" : "the next run goes on there";
    lines.push(`The run's --timeout of ${time} was over; ${then}.`);
  }
  lines.push(...sentLines(run, tally), ...heldBackLines(run, view), ...groupLines(run));
  if (run.practice && run.requests.sent > 0) lines.push("", ...practiceHints(tally, view));
  if (run.unnamed_project !== undefined) lines.push("", ...nameLines(run.unnamed_project, style));
  return lines;
}

/** Said once in a project's life. */
function nameLines(projectId: string, style: Style): string[] {
  return [
    "If .spoor ever gets lost, a run sends all of this again. To have it refuse instead, write in spoor.yaml:",
    `  ${style.accent(`project_id: ${projectId}`)}`,
  ];
}

function headline({ status, elapsed_ms: ms }: RunFinished, style: Style): string {
  const time = renderDuration(ms);
  if (status === "ok") return style.good(`Done in ${time}:`);
  if (status === "failed") return style.bad(`Failed after ${time}:`);
  return style.warning(`Stopped after ${time}:`);
}

function modelsText({ ok, skipped, failed, blocked, cancelled }: RunFinished): string {
  const parts: [count: number, text: string][] = [
    [failed, "failed"],
    [blocked, "blocked"],
    [cancelled, "stopped"],
    [ok, "ok"],
    [skipped, "up to date"],
  ];
  const [first, ...others] = parts.filter(([count]) => count > 0);
  if (!first) return "no model ran";
  return [
    `${countOf(first[0], "model")} ${first[1]}`,
    ...others.map(([count, text]) => `${renderCount(count)} ${text}`),
  ].join(", ");
}

function namesText(names: readonly string[], all: boolean): string {
  const shown = names.slice(0, all ? Infinity : NAMES_SHOWN);
  return withRest(shown, names.length - shown.length, "--all").join(", ");
}

function sentLines(run: RunFinished, tally: RunTally): string[] {
  const lines: string[] = [];
  const note = noteOf(run);
  if (run.requests.sent > 0) lines.push(sentText(run, tally));
  else if (tally.hasDeliveries) {
    lines.push(`Nothing was sent: no group is new or changed${note}.`);
  }
  if (tally.groupsLeft > 0) {
    const [verb, them] = tally.groupsLeft === 1 ? ["waits", "it"] : ["wait", "them"];
    const groups = countOf(tally.groupsLeft, "group");
    lines.push(`${groups} ${verb} to be sent; the next run goes on with ${them}${note}.`);
  }
  for (const { model, groups, why, command } of tally.blocked) {
    const what = `${countOf(groups, "group")} of ${model} ${groups === 1 ? "waits" : "wait"}`;
    const stops = `${what} to be sent${note}; the next run stops at the budget (${why})`;
    lines.push(`${stops}, unless: ${command}`);
  }
  return lines;
}

/** What no run sends by itself, and the command that shows it. */
function heldBackLines(
  run: RunFinished,
  { style, program, option }: SummaryView,
): string[] {
  const { held_back: held } = run;
  if (!held) return [];
  const line = (count: number, what: string, command: string) =>
    count === 0 ? [] : [
      `${style.warning(countOf(count, "group"))} ${count === 1 ? "is" : "are"} ${what}${
        noteOf(run)
      }: ` +
      style.accent(`${program} ${command}${option}`),
    ];
  const { parked, rejected, to_settle: toSettle, to_verify: toVerify = 0 } = held;
  return [
    ...line(parked, "parked after failures, and not sent", "failures"),
    ...line(rejected, "rejected, and not sent until the content changes", "failures"),
    ...line(toVerify, "not known to be sent; the next run asks verify()", "unknown"),
    ...line(
      toSettle - toVerify,
      "neither known to be sent nor sent again until you say",
      "unknown",
    ),
  ];
}

/** Both sides of the sum, where there is anything to add up. */
function groupLines(run: RunFinished): string[] {
  const { groups } = run;
  if (!groups || groups.delivered === 0) return [];
  const { delivered, saved, rejected, failed, unknown, left } = groups;
  const counts: [number, string][] = [
    [saved, "saved"],
    [rejected, "rejected"],
    [failed, "failed"],
    [unknown, "unknown"],
    [left, "left"],
  ];
  const parts = counts.map(([count, word]) => `${renderCount(count)} ${word}`);
  return [`Groups: ${renderCount(delivered)} delivered = ${parts.join(" + ")}${noteOf(run)}.`];
}

/** Behind what is said of sending. */
function noteOf({ practice }: RunFinished): string {
  return practice ? ` (${NOTHING_LEFT})` : "";
}

function sentText({ practice, requests }: RunFinished, { groupsSent }: RunTally): string {
  const { sent, unreached = 0 } = requests;
  const count = countOf(sent - unreached, "request");
  const what = groupsSent > 0 ? `${countOf(groupsSent, "group")} in ${count}` : count;
  const rest = unreached > 0 ? `; ${renderCount(unreached)} found no connection` : "";
  return practice
    ? `Sent to the practice API: ${what}${rest}. Nothing left this machine.`
    : `Sent: ${what}${rest}.`;
}

function practiceHints({ table }: RunTally, view: SummaryView): string[] {
  const { style, program, option } = view;
  // The command is about nothing but practice.
  const project = option.replace(/^ --practice/, "");
  const hints = [[`${program} practice${project}`, "what the practice API has received"]];
  if (table !== undefined) {
    hints.push([`${program} query ${table}${option}`, "the rows of a table"]);
  }
  const width = Math.max(...hints.map(([command = ""]) => command.length));
  return [
    "To see more:",
    ...hints.map(([command = "", meaning]) =>
      `  ${style.accent(command)}${" ".repeat(width - command.length)}  ${meaning}`
    ),
  ];
}
