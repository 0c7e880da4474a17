/**
 * `spoor retry`: lets the next run try again what is failed, parked or rejected.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { countOf, renderCount } from "~/base/text/counts.ts";
import { shellWord } from "~/base/text/shell_word.ts";
import { UserError } from "~/base/user_error.ts";
import { type Call, defineCommand, ExitCode, type OptionTable } from "~/cli/command.ts";
import { errorsShownWith } from "~/cli/failures_view/fold_failures.ts";
import {
  findKeys,
  findStanding,
  isWaiting,
  noGroup,
  readAge,
  refusePassingOver,
  renderStanding,
  type Standing,
} from "~/cli/groups/chosen_groups.ts";
import { countSentAgain, decidedLines, nowRun } from "~/cli/groups/decided_text.ts";
import { openForDecision } from "~/cli/groups/open_groups.ts";
import { findWay } from "~/cli/groups/outlook.ts";
import {
  findTrackedModel,
  loadTrackedModels,
  type TrackedModel,
} from "~/cli/groups/tracked_model.ts";
import { chooseState, type ChosenState, PRACTICE_OPTION } from "~/cli/open_project_state.ts";
import {
  type ChangedByHand,
  type ChangeFilter,
  countChanges,
  retryChanges,
} from "~/store/changes/by_hand.ts";
import { failingChanges } from "~/store/changes/failing_changes.ts";
import { stateFilePath, withWordsOfState } from "~/store/file/open_state.ts";
import { modelsInHistory } from "~/store/history.ts";

const OPTIONS = {
  error: { type: "string", value: "TEXT", help: "Only groups whose error has this text in it" },
  "older-than": {
    type: "string",
    value: "AGE",
    help: "Only groups that were last tried longer ago: 2d, 12h, 30m",
  },
  all: { type: "boolean", help: "Of all models, instead of one" },
  practice: PRACTICE_OPTION,
} as const satisfies OptionTable;

const PURPOSE = "retry";

/** Sets them to be tried, and counts their attempts anew. */
export const retryCommand = defineCommand({
  name: "retry",
  summary: "Let the next run try failed, parked and rejected groups again",
  details: [
    "Nothing is sent now. The next run sends these groups as they are then, with the same",
    "Idempotency-Key where their content is the same, and counts their attempts anew.",
    "Groups whose request may have arrived are for spoor unknown to settle.",
  ].join("\n"),
  positionals: [
    { name: "model", help: "Its name; all its groups if no key is given", complete: "models" },
    { name: "key", help: "Keys of groups, one after the other", many: true },
  ],
  options: OPTIONS,
  examples: [
    ["spoor retry sync.crm", "All failed, parked and rejected groups of sync.crm"],
    ["spoor retry sync.crm 7 12", "Two of them"],
    [`spoor retry sync.crm --error "answered 422"`, "Those that were answered so"],
    ["spoor retry --all --older-than 2d", "Of all models, what was not tried for two days"],
  ],
  async run(call) {
    const { options, positionals: [name] } = call;
    const { error } = options;
    const now = new Date();
    const before = readAge("older-than", options["older-than"], now);
    if (name === undefined && !options.all && error === undefined && before === undefined) {
      throw new UserError(`Cannot run "spoor retry": it is not said what to retry`, {
        hint: `Write "spoor retry MODEL", or "spoor retry --all".`,
        exitCode: 2,
      });
    }
    if (name !== undefined && options.all) {
      throw new UserError(`Cannot run "spoor retry": it takes a model, or --all for all models`, {
        hint: `Write "spoor retry ${shellWord(name)}", or "spoor retry --all".`,
        exitCode: 2,
      });
    }
    if (error?.trim() === "") {
      throw new UserError(`Cannot run "spoor retry": the text of --error is empty`, {
        hint: `Write a part of the error, as "spoor failures" shows it; --all is for all groups.`,
        exitCode: 2,
      });
    }
    const chosen = await chooseState(options);
    const path = stateFilePath(chosen.root, chosen.practice);
    await withWordsOfState(path, () => retry(call, chosen, { before, now }));
    return ExitCode.Ok;
  },
});

async function retry(
  { options, positionals: [name, ...words], output }: Call<typeof OPTIONS>,
  chosen: ChosenState,
  { before, now }: { before: string | undefined; now: Date },
): Promise<void> {
  const { error } = options;
  const command = ["spoor retry", ...name === undefined ? [] : [name], ...words].join(" ");
  using state = openForDecision({ ...chosen, output }, command, PURPOSE);
  const { db } = state;
  const model = name === undefined
    ? undefined
    : await findTrackedModel(chosen, db, name, `${PURPOSE} ${name}`);
  const keys = model && words.length > 0
    ? findKeys(db, model, words, { purpose: `${PURPOSE} ${model.name}`, option: chosen.option })
    : undefined;
  const models = async () => model ? [model] : await loadAllTracked(chosen.root, db);
  const which = error === undefined ? {} : await withError(db, error, model?.name, models);
  const filter = { model: model?.name, keys, ...which, before };
  if (model) refusePassingOver(db, "retry", filter, model, `${PURPOSE} ${model.name}`);
  const retried = retryChanges(db, filter, now.toISOString());
  if (retried.length === 0) {
    const standing = findStanding(db, { model: model?.name, keys }, await models());
    throw nothingToRetry(filter, standing, chosen.option);
  }
  if (options.json) { for (const one of retried) output.json("retried", one); }
  else {
    const names = new Set(retried.map((one) => one.model));
    const own = model
      ? new Map([[model.name, model]])
      : await loadTrackedModels(chosen.root, db, names);
    output.lines(renderRetried(db, retried, own, chosen.option));
  }
}

/** An error that is in no text as it is may be one that was copied off what "failures" shows. */
async function withError(
  db: DatabaseSync,
  error: string,
  model: string | undefined,
  models: () => Promise<readonly TrackedModel[]>,
): Promise<Pick<ChangeFilter, "error" | "errors">> {
  if (countChanges(db, { model, error }).length > 0) return { error };
  const columns = new Map((await models()).map(({ name, keyColumns }) => [name, keyColumns]));
  const failing = failingChanges(db, { model, isRunning: false });
  const errors = errorsShownWith(error, failing, (name) => columns.get(name) ?? []);
  return errors.length > 0 ? { errors } : { error };
}

async function loadAllTracked(root: string, db: DatabaseSync): Promise<TrackedModel[]> {
  return [...(await loadTrackedModels(root, db, new Set(modelsInHistory(db)))).values()];
}

function nothingToRetry(
  { model, keys, error, errors, before }: ChangeFilter,
  standing: Standing,
  option: string,
): UserError {
  const what = model === undefined ? PURPOSE : `${PURPOSE} ${model}`;
  const isNarrowed = (error ?? errors ?? before) !== undefined;
  const which = isNarrowed
    ? "no failed or rejected group fits"
    : `${noGroup(keys)} is failed or rejected`;
  return new UserError(`Cannot ${what}: ${which}`, {
    details: [`As it stands: ${renderStanding(standing)}`],
    hint: whatToDo(standing, `${model === undefined ? "" : ` ${model}`}${option}`),
  });
}

/** @param args What follows a command: the model, and what it needs to be about this state. */
function whatToDo(standing: Standing, args: string): string {
  const hasFailures = ["failed", "parked", "rejected"].some((word) => standing.has(word));
  if (!hasFailures && standing.has("unknown")) {
    return `What is unknown is for "spoor unknown settle"; run "spoor unknown${args}" to see it.`;
  }
  if (!hasFailures && standing.has("settled")) {
    return `What is settled as sent is taken back by "spoor unknown settle" with --not-sent; ` +
      `run "spoor unknown${args}" to see it.`;
  }
  if (!hasFailures && isWaiting(standing)) {
    return "The next run looks again, and sends what is pending.";
  }
  return `Run "spoor failures${args}" to see what there is.`;
}

function renderRetried(
  db: DatabaseSync,
  retried: readonly ChangedByHand[],
  models: ReadonlyMap<string, TrackedModel>,
  option: string,
): string[] {
  const all = retried.flatMap((one) => {
    const model = models.get(one.model);
    return model ? [{ one, model, way: findWay(db, model, { option }) }] : [];
  });
  const plain = all.filter(({ way }) => way.but === undefined).map(({ model }) => model.name);
  const names = plain.length > 3 ? "" : ` ${plain.join(" ")}`;
  const commands = [
    ...plain.length > 0 ? [`spoor run${names}${option}`] : [],
    ...all.flatMap(({ way }) => way.but === undefined ? [] : way.command ?? []),
  ];
  return [
    ...all.flatMap(({ one, model, way }) => {
      const sentAgain = countSentAgain(one, model);
      const does = `tries ${countOf(sentAgain, "group")} again${wereParked(one)}`;
      return decidedLines(one, { model, way, sentAgain, does });
    }),
    `Nothing is sent yet. ${nowRun(commands)}`.trimEnd(),
  ];
}

/** Without a word of what a run would have tried again anyway. */
function wereParked({ groups, parked }: ChangedByHand): string {
  if (parked === 0) return "";
  if (groups === 1) return "; it was parked";
  return `; ${renderCount(parked)} of them ${parked === 1 ? "was" : "were"} parked`;
}
