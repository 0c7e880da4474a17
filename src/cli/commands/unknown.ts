/**
 * `spoor unknown`: requests that may have arrived, and a person's word on whether they did.
 *
 * @module
 */
import { countOf, renderCount } from "~/base/text/counts.ts";
import { UserError } from "~/base/user_error.ts";
import { type Call, defineCommand, ExitCode, type OptionTable } from "~/cli/command.ts";
import { changeRequestOf } from "~/cli/groups/change_key_of.ts";
import {
  findKeys,
  findStanding,
  noGroup,
  refusePassingOver,
  renderStanding,
} from "~/cli/groups/chosen_groups.ts";
import { countSentAgain, decidedLines, nowRun } from "~/cli/groups/decided_text.ts";
import { openForDecision, openGroupsToList } from "~/cli/groups/open_groups.ts";
import { courseOf, findWay } from "~/cli/groups/outlook.ts";
import {
  findTrackedModel,
  loadTrackedModels,
  type TrackedModel,
} from "~/cli/groups/tracked_model.ts";
import { limitHelp, listLimit } from "~/cli/list_limit.ts";
import { chooseState, type ChosenState, PRACTICE_OPTION } from "~/cli/open_project_state.ts";
import { printSettled, renderKeys, renderSettled } from "~/cli/unknown_view/settled_lines.ts";
import { printUnknown, renderUnknown } from "~/cli/unknown_view/unknown_lines.ts";
import { settleChanges, settledChanges, type SettledGroup } from "~/store/changes/by_hand.ts";
import { countInFlight, unknownChanges } from "~/store/changes/failing_changes.ts";
import { stateFilePath, withWordsOfState } from "~/store/file/open_state.ts";
import { runUnderWay } from "~/store/file/run_under_way.ts";

/** Groups that are listed where no limit is given. */
const LISTED = 10;

const OPTIONS = {
  sent: { type: "boolean", help: "settle: the far side has it; accept it without a request" },
  "not-sent": { type: "boolean", help: "settle: the far side does not have it; send it again" },
  limit: { type: "string", short: "n", value: "N", help: limitHelp("Groups to list", LISTED) },
  all: { type: "boolean", help: "List all; settle: all of the model" },
  practice: PRACTICE_OPTION,
} as const satisfies OptionTable;

type UnknownCall = Call<typeof OPTIONS>;

const SETTLE = "settle";

/** Lists them, or settles some. */
export const unknownCommand = defineCommand({
  name: "unknown",
  summary: "List groups whose request may have arrived; settle them as sent or as not sent",
  details: [
    "A run that is killed, or an answer that never comes, leaves it unknown whether a request has",
    "arrived. Such a group is repeated first by the next run, with the same Idempotency-Key, and where",
    "that has no answer either, after all others by the runs that follow; but in a model with",
    "@delivery: at_most_once it waits until a person has looked at the far side:",
    "",
    "  spoor unknown settle MODEL KEY… --sent      the far side has it: nothing is sent",
    "  spoor unknown settle MODEL KEY… --not-sent  it does not: the next run sends it, with that key",
    "",
    "A group that was settled is listed too, until a run has acted on it, and is settled the other way by",
    "its key: the last word counts. --all is about what is unknown alone.",
    "",
    "A request is on record before it leaves: of one that was out when its run was killed it is known",
    'what was sent, where to, when and by which key ("spoor why MODEL KEY" shows it), but not whether it',
    "arrived.",
    "",
    "A model with @delivery: at_most_once can look by itself: it exports verify(change), which returns",
    "true, false or undefined. A run asks it, when the model has come to its end, about what earlier",
    "runs have left unknown; what became unknown in this one is asked by the next.",
  ].join("\n"),
  positionals: [
    {
      name: "settle|model",
      help: "A model, to list only its groups",
      complete: "models",
      words: [SETTLE],
    },
    { name: "model", help: "settle: the model", complete: "models" },
    { name: "key", help: "settle: keys of groups, one after the other", many: true },
  ],
  options: OPTIONS,
  examples: [
    ["spoor unknown", "All of them, each with its request, its time and its key"],
    ["spoor unknown settle sync.mail 7 --sent", "The far side has the group 7"],
    ["spoor unknown settle sync.mail --all --not-sent", "It has none of those of sync.mail"],
  ],
  async run(call) {
    const chosen = await chooseState(call.options);
    const act = call.positionals[0] === SETTLE ? settle : list;
    const path = stateFilePath(chosen.root, chosen.practice);
    await withWordsOfState(path, () => act(call, chosen));
    return ExitCode.Ok;
  },
});

async function list(
  { options, positionals: [name, extra], output }: UnknownCall,
  chosen: ChosenState,
): Promise<void> {
  const purpose = "list unknown groups";
  if (extra !== undefined || options.sent || options["not-sent"]) {
    throw wrongCall(`to settle groups, "${SETTLE}" comes first`);
  }
  const limit = listLimit(options, LISTED);
  const { root, practice, option } = chosen;
  using db = openGroupsToList({ ...chosen, output }, purpose);
  if (!db) return;
  const model = name === undefined
    ? undefined
    : (await findTrackedModel(chosen, db, name, purpose)).name;
  const running = runUnderWay(db, stateFilePath(root, practice));
  const { changes, total } = unknownChanges(db, { model, isRunning: running !== undefined }, limit);
  const inFlight = running === undefined
    ? undefined
    : { runId: running, groups: countInFlight(db, running, model) };
  const settled = settledChanges(db, { model });
  const names = [...changes, ...settled].map((one) => one.model);
  const models = await loadTrackedModels(root, db, new Set(names));
  const isRunning = running !== undefined;
  const groups = [...models.values()].flatMap((model) => {
    const way = findWay(db, model, { option, isRunning });
    return changes.filter((change) => change.model === model.name).map((change) => ({
      change,
      model,
      course: courseOf(change, model, isRunning),
      way,
      ...changeRequestOf(db, change),
    }));
  });
  const view = { style: output.style, option, limit };
  if (options.json) {
    printUnknown(groups, inFlight, output);
    printSettled(settled, models, output);
  } else {
    output.lines(renderUnknown({ groups, total, inFlight }, view));
    output.lines(renderSettled(settled, models, view));
  }
}

async function settle(
  { options, positionals: [, name, ...words], output }: UnknownCall,
  chosen: ChosenState,
): Promise<void> {
  const { sent, all } = options;
  const { option } = chosen;
  if (name === undefined) throw wrongCall("it is not said which model");
  if (sent === options["not-sent"]) throw wrongCall("it takes one of --sent and --not-sent");
  if (all === words.length > 0) throw wrongCall("it takes keys, or --all");
  const purpose = `settle groups of ${name}`;
  const command = ["spoor unknown settle", name, ...words].join(" ");
  using state = openForDecision({ ...chosen, output }, command, purpose);
  const { db } = state;
  const model = await findTrackedModel(chosen, db, name, purpose);
  const keys = all ? undefined : findKeys(db, model, words, { purpose, option });
  const filter = { model: model.name, keys };
  refusePassingOver(db, "settle", filter, model, purpose);
  const former = keys ? settledChanges(db, filter).filter((one) => one.isSent !== sent) : [];
  const [settled] = settleChanges(db, filter, sent, new Date().toISOString());
  if (!settled) {
    const standing = renderStanding(findStanding(db, filter, [model]));
    throw nothingToSettle(model.name, `${noGroup(keys)} is unknown`, { standing, purpose, option });
  }
  const { groups } = settled;
  if (options.json) {
    return output.json("settled", {
      model: model.name,
      groups,
      sent,
      settled_otherwise: former.map((one) => one.group_key),
    });
  }
  const way = findWay(db, model, { option });
  const sentAgain = sent ? groups : countSentAgain(settled, model);
  const count = countOf(sentAgain, "group");
  const does = sent
    ? `accepts ${count} without a request, if the content is the same`
    : `sends ${count} again, with the same Idempotency-Key if content and batch are the same`;
  output.lines(decidedLines(settled, { model, way, sentAgain, does }));
  if (former.length > 0) output.line(formerWord(former, groups, model));
  if (way.command !== undefined) output.line(nowRun([way.command]));
}

/** Who settles may not know of it, where another person has. */
function formerWord(
  former: readonly SettledGroup[],
  settled: number,
  { keyColumns }: TrackedModel,
): string {
  const which = settled === 1 ? "It" : `${renderCount(former.length)} of them`;
  const word = former[0]?.isSent ? "sent" : "not sent";
  return `${which} had been settled as ${word}: ${renderKeys(former, keyColumns, LISTED)}`;
}

function nothingToSettle(
  model: string,
  state: string,
  { standing, purpose, option }: { standing: string; purpose: string; option: string },
): UserError {
  return new UserError(`Cannot ${purpose}: ${state}`, {
    details: [`As it stands: ${standing}`],
    hint:
      `Run "spoor unknown${option}" to see what is; "spoor failures ${model}${option}" for all else.`,
  });
}

function wrongCall(state: string): UserError {
  return new UserError(`Cannot run "spoor unknown": ${state}`, {
    hint: `Write "spoor unknown settle MODEL KEY… --sent", or with --not-sent.`,
    exitCode: 2,
  });
}
