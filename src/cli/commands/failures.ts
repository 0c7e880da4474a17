/**
 * `spoor failures`: what is not accepted, by its error.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { countOf } from "~/base/text/counts.ts";
import { defineCommand, ExitCode } from "~/cli/command.ts";
import {
  type ModelTotals,
  renderFailedModel,
  renderFailures,
  renderNextSteps,
  type ShownFailure,
  totalsOf,
} from "~/cli/failures_view/failure_lines.ts";
import { type FoldedFailure, foldFailures } from "~/cli/failures_view/fold_failures.ts";
import { openGroupsToList } from "~/cli/groups/open_groups.ts";
import { findWay, isRemovalUntold } from "~/cli/groups/outlook.ts";
import {
  findTrackedModel,
  loadTrackedModels,
  type TrackedModel,
} from "~/cli/groups/tracked_model.ts";
import { limitHelp, listLimit } from "~/cli/list_limit.ts";
import { chooseState, PRACTICE_OPTION } from "~/cli/open_project_state.ts";
import type { Output } from "~/cli/output/output.ts";
import { modelNames } from "~/project/models/find_models.ts";
import {
  type FailedModel,
  failedModels,
  failingChanges,
  failingKeys,
  triedSince,
} from "~/store/changes/failing_changes.ts";
import { stateFilePath } from "~/store/file/open_state.ts";
import { runUnderWay } from "~/store/file/run_under_way.ts";
import { decodeGroupKey, keyObject, renderGroupKey } from "~/tracked/group_key.ts";

/** Errors that are listed. */
const LISTED = 10;
/** Keys that are shown of one error. */
const KEYS_SHOWN = 3;

/** Lists them. */
export const failuresCommand = defineCommand({
  name: "failures",
  summary: "List what is failed, rejected, parked or unknown, by its error",
  details: [
    "failed    was not accepted, or settled as not sent; the next run tries it again",
    "parked    failed @max_attempts times, or was taken and its rows could not be kept; comes again",
    "          when its content changes, or by spoor retry",
    "rejected  refused for good; comes again when its content changes, or by spoor retry",
    "unknown   its request may have arrived, and no answer tells; see spoor unknown",
    "",
    "Errors that differ only in the group's key are one line. The exit code is 0, as to list is no",
    "failure; with --exit-code it is 3 where anything is listed. A run in which nothing fails ends with",
    "0, though groups may wait for a person: in cron or CI, ask here too.",
  ].join("\n"),
  positionals: [{ name: "model", help: "Only this model", complete: "models" }],
  options: {
    limit: { type: "string", short: "n", value: "N", help: limitHelp("Errors to list", LISTED) },
    all: { type: "boolean", help: "List all errors, and the keys of all groups" },
    "exit-code": { type: "boolean", help: "Exit with 3 when anything is listed" },
    practice: PRACTICE_OPTION,
  },
  examples: [
    ["spoor failures", "All models"],
    ["spoor failures sync.crm --all", "Every error of sync.crm, and every key"],
    [
      "spoor failures --exit-code",
      "In cron or CI, after a run: fails as long as anything waits",
    ],
  ],
  async run({ options, positionals: [name], output }) {
    const purpose = "list failures";
    const limit = listLimit(options, LISTED);
    const chosen = await chooseState(options);
    const { root, practice, option } = chosen;
    using db = openGroupsToList({ ...chosen, output }, purpose);
    if (!db) return ExitCode.Ok;
    const model = name === undefined
      ? undefined
      : (await findTrackedModel(chosen, db, name, purpose)).name;
    const isRunning = runUnderWay(db, stateFilePath(root, practice)) !== undefined;
    const failing = failingChanges(db, { model, isRunning });
    const models = await loadTrackedModels(root, db, new Set(failing.map((one) => one.model)));
    const columnsOf = (one: string) => models.get(one)?.keyColumns ?? [];
    const folded = foldFailures(failing, columnsOf);
    const broken = failedModels(db, model === undefined ? modelNames(root) : [model]);
    const shown = folded.slice(0, limit).map((failure) => ({
      failure: { ...failure, since: triedSince(db, failure) ?? failure.since },
      keys: keysOf(db, failure, options.all ? Infinity : KEYS_SHOWN),
    }));
    if (options.json) printJson(shown, broken, columnsOf, output);
    else {
      const totals = [...models.values()].map((each) => ({
        ...totalsOf(folded.filter((one) => one.model === each.name), isRemovalUntold(each)),
        model: each.name,
        way: findWay(db, each, { option, isRunning }),
      }));
      printText({ folded, shown, broken, models, totals, output, model, option });
    }
    const isAny = folded.length + broken.length > 0;
    return options["exit-code"] && isAny ? ExitCode.Found : ExitCode.Ok;
  },
});

/** Keys of a folded failure's groups: those at hand first, then what one more look gives. */
function keysOf(db: DatabaseSync, { parts }: FoldedFailure, limit: number): string[] {
  const keys: string[] = [];
  for (const part of parts) {
    if (keys.length >= limit) break;
    const wanted = Math.min(limit - keys.length, part.groups);
    const found = part.groups === 1 ? [part.groupKey] : failingKeys(db, part, wanted);
    for (const key of found) keys.push(key); // There may be more than a call takes arguments.
  }
  return keys;
}

interface Listing {
  folded: readonly FoldedFailure[];
  shown: readonly ShownFailure[];
  broken: readonly FailedModel[];
  models: ReadonlyMap<string, TrackedModel>;
  output: Output;
  /** Only this one was asked for. */
  model: string | undefined;
  /** What commands need to be about this state. */
  option: string;
  totals: readonly ModelTotals[];
}

function printText(
  { folded, shown, broken, models, totals, output, model, option }: Listing,
): void {
  const { style } = output;
  const of = model === undefined ? "" : ` of ${model}`;
  if (folded.length + broken.length === 0) {
    return output.line(`Nothing${of} is failed, rejected, parked or unknown.`);
  }
  const blocks = [
    ...[...Map.groupBy(shown, ({ failure }) => failure.model)].map(([name, own]) => {
      const columns = models.get(name)?.keyColumns ?? [];
      const groups = folded.filter((one) => one.model === name)
        .reduce((sum, one) => sum + one.groups, 0);
      const named = own.map(({ failure, keys }) => ({
        failure,
        keys: keys.map((key) => renderGroupKey(columns, decodeGroupKey(key))),
      }));
      return renderFailures(name, named, groups, style);
    }),
    ...broken.map((one) => renderFailedModel(one, style)),
  ];
  output.lines(blocks.flatMap((block) => [...block, ""]));
  const rest = folded.slice(shown.length);
  if (rest.length > 0) {
    const groups = rest.reduce((sum, one) => sum + one.groups, 0);
    const text = `… ${countOf(rest.length, "more error")} of ${countOf(groups, "group")}`;
    output.line(style.dim(`${text} (--all shows them)`));
    output.line();
  }
  if (folded.length === 0) return;
  output.lines(renderNextSteps(totals, { style, option }));
}

function printJson(
  shown: readonly ShownFailure[],
  broken: readonly FailedModel[],
  columnsOf: (model: string) => readonly string[],
  output: Output,
): void {
  for (const { failure, keys } of shown) {
    const { parts: _parts, firstId: _id, lastAt, ...rest } = failure;
    const examples = keys.map((key) => keyObject(columnsOf(failure.model), key));
    output.json("failure", { ...rest, last_at: lastAt, examples });
  }
  for (const { model, runId, startedAt, error } of broken) {
    const report = error === null ? null : JSON.parse(error);
    output.json("failed_model", { model, run_id: runId, started_at: startedAt, error: report });
  }
}
