/**
 * `spoor history`: what ran, newest first.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { closestWord } from "~/base/text/closest_word.ts";
import { renderCount } from "~/base/text/counts.ts";
import { isSameName } from "~/base/text/same_name.ts";
import { renderDuration } from "~/base/time/duration.ts";
import { type ErrorReport, UserError } from "~/base/user_error.ts";
import { defineCommand, ExitCode } from "~/cli/command.ts";
import { firstLineOf } from "~/cli/groups/outlook.ts";
import { limitHelp, listLimit } from "~/cli/list_limit.ts";
import {
  chooseState,
  findProjectState,
  PRACTICE_OPTION,
  refuseLost,
} from "~/cli/open_project_state.ts";
import { renderLocalTime } from "~/cli/output/local_time.ts";
import { tellOutdated } from "~/cli/output/outdated_text.ts";
import type { Output } from "~/cli/output/output.ts";
import { statusCell } from "~/cli/output/status_cell.ts";
import type { Style } from "~/cli/output/style.ts";
import { type Cell, type Column, renderTable } from "~/cli/output/table.ts";
import { visibleLine } from "~/cli/output/visible_text.ts";
import { type PastStep, pastSteps, withDeath, withSumsOfDied } from "~/cli/past_steps.ts";
import { modelNames } from "~/project/models/find_models.ts";
import { stateFilePath } from "~/store/file/open_state.ts";
import { runUnderWay } from "~/store/file/run_under_way.ts";
import { modelsInHistory, recentRuns, type RunHistoryRow } from "~/store/history.ts";

/** Runs that are listed where no limit is given. */
const LISTED = 20;

/** Lists runs, or one model's part in them. */
export const historyCommand = defineCommand({
  name: "history",
  summary: "List what ran, newest first, and what became of the groups",
  details: [
    "delivered = saved + rejected + failed + unknown + left, in groups: what a run found to be sent,",
    "and what became of it. Where the two sides differ, delivered is marked with ≠.",
    "",
    "A run that was killed has no sums; its requests are counted, those that were out then included.",
    "Of one model also the groups are that it had noted, where its record has no more than 200,000",
    "tries, and until the next run what was left. spoor why tells what became of a group.",
    "",
    "held back, of one model: groups that a run found to be sent and did not give to the model,",
    "because they are parked, rejected or for you to settle. They are no part of delivered.",
  ].join("\n"),
  positionals: [{
    name: "model",
    help: "Only this model's part in each run, with what it sent",
    complete: "models",
  }],
  options: {
    limit: { type: "string", short: "n", value: "N", help: limitHelp("Runs to list", LISTED) },
    all: { type: "boolean", help: "List all" },
    practice: PRACTICE_OPTION,
  },
  examples: [
    ["spoor history", "The last runs"],
    ["spoor history sync.crm --limit 5", "What sync.crm did in the last five"],
    [`spoor query "SELECT * FROM spoor.steps WHERE run_id = 12"`, "All models of one run"],
  ],
  async run({ options, positionals: [model], output }) {
    const limit = listLimit(options, LISTED);
    const { root, practice, option } = await chooseState(options);
    using db = findProjectState(root, practice);
    if (!db) {
      refuseLost(root, practice, "show the history");
      if (!options.json) output.line(`Nothing has run yet. Start with "spoor run${option}".`);
      return ExitCode.Ok;
    }
    tellOutdated(output, stateFilePath(root, practice), db);
    const underWay = runUnderWay(db, stateFilePath(root, practice));
    // One more than is shown tells whether there are older ones.
    const read = limit + 1;
    const show = { limit, json: options.json, output };
    if (model === undefined) {
      printRuns(recentRuns(db, read).map((run) => withDeath(run, underWay)), show);
    } else printSteps(stepsOf(db, { model, limit: read, underWay, root, option }), show);
    return ExitCode.Ok;
  },
});

interface WantedSteps {
  model: string;
  limit: number;
  underWay: number | undefined;
  root: string;
  /** What commands need to be about this state. */
  option: string;
}

function stepsOf(
  db: DatabaseSync,
  { model, limit, underWay, root, option }: WantedSteps,
): PastStep[] {
  const steps = withSumsOfDied(db, pastSteps(db, model, { limit, underWay }));
  if (steps.length > 0) return steps;
  const names = modelNames(root);
  if (names.some((name) => isSameName(name, model))) {
    throw new UserError(`Cannot show the history of "${model}": it has never run`, {
      hint: `Run "spoor history${option}" to see what has.`,
    });
  }
  const meant = closestWord(model, [...modelsInHistory(db), ...names]);
  throw new UserError(`Cannot show the history of "${model}": there is no such model`, {
    hint: meant ? `Did you mean "${meant}"?` : `Run "spoor history${option}" to see what has run.`,
    exitCode: 2,
  });
}

interface HistoryView {
  limit: number;
  json: boolean;
  output: Output;
}

function printRuns(runs: readonly RunHistoryRow[], { limit, json, output }: HistoryView): void {
  const shown = runs.slice(0, limit);
  if (json) { for (const run of shown) output.json("run", run); }
  else printLines(renderRuns(shown, output.style), runs.length > limit, output);
}

function printSteps(steps: readonly PastStep[], { limit, json, output }: HistoryView): void {
  const shown = steps.slice(0, limit);
  if (json) { for (const step of shown) output.json("step", toJson(step)); }
  else printLines(renderSteps(shown, output.style), steps.length > limit, output);
}

function printLines(lines: readonly string[], hasOlder: boolean, output: Output): void {
  output.lines(lines);
  if (hasOlder) output.line(output.style.dim("… older runs (--all shows them)"));
}

/** What was delivered, and what became of it. */
const DELIVERY_COLUMNS: readonly Column[] = [
  { title: "delivered", align: "right" },
  { title: "saved", align: "right" },
  { title: "rejected", align: "right" },
  { title: "failed", align: "right" },
  { title: "unknown", align: "right" },
  { title: "left", align: "right" },
  { title: "requests", align: "right" },
];

/** The cells below them, from `saved` on. */
function endCells(row: RunHistoryRow | PastStep): string[] {
  return [
    row.groups_saved,
    row.groups_rejected,
    row.groups_failed,
    row.groups_unknown,
    row.groups_left,
    row.requests_sent,
  ].map(optionalCount);
}

function renderRuns(runs: readonly RunHistoryRow[], style: Style): string[] {
  return renderTable(
    [
      { title: "run", align: "right" },
      { title: "started" },
      { title: "status" },
      { title: "took", align: "right" },
      { title: "models ok", align: "right" },
      { title: "failed", align: "right" },
      { title: "blocked", align: "right" },
      ...DELIVERY_COLUMNS,
      { title: "command" },
    ],
    runs.map((run) => [
      String(run.run_id),
      renderLocalTime(run.started_at),
      statusCell(run.status, style),
      run.ended_at === null
        ? ""
        : timeBetween(Date.parse(run.started_at), Date.parse(run.ended_at)),
      renderCount(run.ok),
      renderCount(run.failed),
      renderCount(run.blocked),
      run.groups_delivered === null
        ? ""
        : deliveredCell(run.groups_delivered, run.unbalanced === 0, style),
      ...endCells(run),
      visibleLine(run.command),
    ]),
    style,
  );
}

function optionalCount(value: number | null | undefined): string {
  return value === null || value === undefined ? "" : renderCount(value);
}

function renderSteps(steps: readonly PastStep[], style: Style): string[] {
  return renderTable(
    [
      { title: "run", align: "right" },
      { title: "started" },
      { title: "status" },
      { title: "took", align: "right" },
      { title: "rows", align: "right" },
      { title: "new", align: "right" },
      { title: "changed", align: "right" },
      { title: "removed", align: "right" },
      { title: "held back", align: "right" },
      ...DELIVERY_COLUMNS,
      { title: "why" },
    ],
    steps.map((step) => [
      String(step.run_id),
      renderLocalTime(step.started_at),
      statusCell(step.status, style),
      step.elapsed_ms === null ? "" : renderDuration(step.elapsed_ms),
      optionalCount(step.rows),
      optionalCount(step.groups_new),
      optionalCount(step.groups_changed),
      optionalCount(step.groups_removed),
      optionalCount(step.groups_parked),
      step.groups_delivered === undefined
        ? ""
        : deliveredCell(step.groups_delivered, step.sums_balance !== false, style),
      ...endCells(step),
      visibleLine(whyOf(step)),
    ]),
    style,
  );
}

/** Every group that was delivered is saved, rejected, failed, unknown or left; else that is shown. */
function deliveredCell(delivered: number, isBalanced: boolean, style: Style): Cell {
  const text = renderCount(delivered);
  return isBalanced ? text : { text: `${text} ≠`, paint: style.bad };
}

function whyOf(step: PastStep): string {
  return step.error === null ? step.reason : `${step.reason}; ${firstLineOf(step.error)}`;
}

/** In the words of the text. */
function toJson({ groups_parked: heldBack, ...step }: PastStep): object {
  return { ...withError(step), ...heldBack !== undefined && { groups_held_back: heldBack } };
}

function withError(step: PastStep): Omit<PastStep, "error"> & { error?: ErrorReport } {
  const { error, ...rest } = step;
  return error === null ? rest : { ...rest, error: JSON.parse(error) };
}

/** A clock that was set back meanwhile tells nothing. */
function timeBetween(startMs: number, endMs: number): string {
  return endMs < startMs ? "?" : renderDuration(endMs - startMs);
}
