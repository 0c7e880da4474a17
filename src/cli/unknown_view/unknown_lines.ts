/**
 * Groups whose request may have arrived, for people and for programs.
 *
 * @module
 */
import { countOf } from "~/base/text/counts.ts";
import type { ChangeRequest } from "~/cli/groups/change_key_of.ts";
import { settleCommand, toShownKeyWords } from "~/cli/groups/key_words.ts";
import type { Course, Way } from "~/cli/groups/outlook.ts";
import type { TrackedModel } from "~/cli/groups/tracked_model.ts";
import { renderLocalTime } from "~/cli/output/local_time.ts";
import type { Output } from "~/cli/output/output.ts";
import type { Style } from "~/cli/output/style.ts";
import { visibleLine } from "~/cli/output/visible_text.ts";
import { CUT_OFF, isCutOff } from "~/store/changes/cut_off.ts";
import type { LedgerRow, RequestRow } from "~/store/changes/group_story.ts";
import { readTries } from "~/store/changes/recorded_tries.ts";
import { decodeGroupKey, keyObject, renderGroupKey } from "~/tracked/group_key.ts";

/** One group, its model and its last request, and what becomes of it. */
export interface UnknownGroup extends ChangeRequest {
  change: LedgerRow;
  model: TrackedModel;
  course: Course;
  /** What goes on with those of the model that wait for nobody. */
  way: Way;
}

/** What a run that is under way has sent, and waits for. */
export interface InFlight {
  runId: number;
  groups: number;
}

/** What is to be listed. */
export interface UnknownList {
  groups: readonly UnknownGroup[];
  /** Those that are not listed included. */
  total: number;
  /** A run is under way. */
  inFlight: InFlight | undefined;
}

/** How the list is shown. */
export interface UnknownView {
  style: Style;
  /** What commands need to be about this state: ` --practice`, or nothing. */
  option: string;
}

const BELOW = "    ";

/** All lines of the list. */
export function renderUnknown(
  { groups, total, inFlight }: UnknownList,
  { style, option }: UnknownView,
): string[] {
  const out = inFlightLines(inFlight);
  if (total === 0) {
    return out.length > 0 ? out : ["Nothing is unknown."];
  }
  const more = total - groups.length;
  const waiting = groups.find(({ course, way }) => course === "waits_for_you" && way.command);
  const repeated = groups.filter(({ course }) => REPEATED.includes(course));
  const stopped = Map.groupBy(repeated.filter(({ way }) => way.but), ({ way }) => way.command);
  return [
    ...groups.flatMap((group) => renderGroup(group, style)),
    ...more > 0 ? ["", style.dim(`… ${countOf(more, "more group")} (--all shows them)`)] : [],
    "",
    ...waiting ? [settleLine(waiting, { style, option })] : [],
    ...repeated.some(({ way }) => way.but === undefined)
      ? ["The next run repeats those that wait for nobody, with the same keys."]
      : [],
    ...[...stopped.keys()].flatMap((command) =>
      command === undefined ? [] : [`To repeat them: ${style.accent(command)}`]
    ),
    ...out,
  ];
}

const REPEATED: readonly Course[] = ["repeated_first", "repeated"];

function inFlightLines(inFlight: InFlight | undefined): string[] {
  if (!inFlight || inFlight.groups === 0) return [];
  const { runId, groups } = inFlight;
  return [`Requests of ${countOf(groups, "group")} are out: run ${runId} is under way.`];
}

function settleLine(waiting: UnknownGroup, { style, option }: UnknownView): string {
  const { model, way } = waiting;
  const command = style.accent(commandFor(waiting, option));
  return model.exportsVerify && way.but === undefined
    ? `The next run asks verify(); or look at the far side, then: ${command}`
    : `Look at the far side, then: ${command}`;
}

function commandFor({ model, change }: UnknownGroup, option: string): string {
  const words = toShownKeyWords(model.keyColumns, decodeGroupKey(change.group_key));
  return settleCommand(model.name, words, option);
}

function renderGroup(group: UnknownGroup, style: Style): string[] {
  const { change, model, request, key } = group;
  const name = renderGroupKey(model.keyColumns, decodeGroupKey(change.group_key));
  return [
    `${style.strong(model.name)}  ${style.strong(visibleLine(name))}  ${waitsFor(group, style)}`,
    ...isCutOff(change)
      ? cutOffLines(change, request, style)
      : requestLines(change, request, style),
    ...lastTryLines(request),
    ...key ? [`${BELOW}${style.dim("key")} ${key}`] : [],
    ...change.batch !== 0 ? [`${BELOW}${style.dim("sent in a batch")}`] : [],
  ];
}

function cutOffLines(
  { at, run_id: runId }: LedgerRow,
  last: RequestRow | undefined,
  style: Style,
): string[] {
  if (!last) return [lineWithTime(CUT_OFF, at, style)];
  const name = `${last.method} ${last.url}`;
  if (last.run_id !== runId) {
    return [
      lineWithTime(CUT_OFF, at, style),
      lineWithTime(`tried before: ${name}`, last.at, style),
    ];
  }
  const end = last.status === null ? "" : `, after one that was answered with ${last.status}`;
  return [lineWithTime(name, last.at, style), `${BELOW}${CUT_OFF}${end}`];
}

function requestLines(
  { error, at }: LedgerRow,
  request: RequestRow | undefined,
  style: Style,
): string[] {
  if (!request) return [lineWithTime(error ?? "no request of it is on record", at, style)];
  const name = `${request.method} ${request.url}`;
  const why = error ?? request.error;
  if (why?.startsWith(name)) return [lineWithTime(why, request.at, style)];
  return [
    lineWithTime(name, request.at, style),
    ...why === null ? [] : [`${BELOW}${visibleLine(why)}`],
  ];
}

/** By these times a person finds it in a log of the far side. */
function lastTryLines(request: RequestRow | undefined): string[] {
  const last = readTries(request?.response ?? null)?.tries.at(-1);
  if (!last) return [];
  return [`${BELOW}${countOf(last.nth, "try", "tries")}, the last at ${renderLocalTime(last.at)}`];
}

function lineWithTime(text: string, at: string | null, style: Style): string {
  return `${BELOW}${visibleLine(text)}${at === null ? "" : `  ${style.dim(renderLocalTime(at))}`}`;
}

function waitsFor({ course, way, model }: UnknownGroup, style: Style): string {
  if (way.command === undefined) return style.bad(`not repeated: ${way.but}`);
  if (course === "waits_for_you") {
    const willAsk = model.exportsVerify && way.but === undefined;
    return willAsk ? style.warning("the next run asks verify()") : style.bad("waits for you");
  }
  if (course === "gone" || course === "kept") {
    const what = course === "gone" ? "forgets" : "keeps";
    return style.dim(`not removed: @on_removed is ${model.onRemoved}, and the next run ${what} it`);
  }
  if (way.but !== undefined) return style.bad(`not repeated: ${way.but}`);
  return style.warning(`repeated ${course === "repeated" ? "" : "first "}by the next run`);
}

/** One line of JSON a group, and one of those that are neither known nor unknown yet. */
export function printUnknown(
  groups: readonly UnknownGroup[],
  inFlight: InFlight | undefined,
  output: Output,
): void {
  for (const { change, model, request, key } of groups) {
    output.json("unknown", {
      model: model.name,
      key: keyObject(model.keyColumns, change.group_key),
      group_key: change.group_key,
      state: change.state,
      at: change.at,
      run_id: change.run_id,
      change_id: change.id,
      batch: change.batch,
      attempts: change.attempts,
      error: change.error,
      delivery: model.promise,
      idempotency_key: key ?? null,
      request: request
        ? {
          at: request.at,
          method: request.method,
          url: request.url,
          status: request.status,
          error: request.error,
          attempts: request.attempts,
          ...readTries(request.response),
        }
        : null,
    });
  }
  if (inFlight && inFlight.groups > 0) {
    output.json("in_flight", { run_id: inFlight.runId, groups: inFlight.groups });
  }
}
