/**
 * What is printed of one model when it has ended: a line in columns, and below it what it sent,
 * what changed in its table and what went wrong.
 *
 * @module
 */
import { countOf, renderCount, withRest } from "~/base/text/counts.ts";
import { renderDuration } from "~/base/time/duration.ts";
import { type ErrorReport, renderLocation } from "~/base/user_error.ts";
import {
  adoptedText,
  comparedText,
  differInText,
  recordedText,
} from "~/cli/output/adopted_text.ts";
import { renderReport } from "~/cli/output/error_lines.ts";
import { label } from "~/cli/output/label.ts";
import { statusWord } from "~/cli/output/status_cell.ts";
import type { Paint, Style } from "~/cli/output/style.ts";
import { visibleLine } from "~/cli/output/visible_text.ts";
import type { DeliveryCounts, ModelFinished, RequestCounts } from "~/run/run_event.ts";
import { cutKeyText } from "~/tracked/group_key.ts";

/** How a run is shown. */
export interface RunView {
  style: Style;
  /** True: what is sent goes to the practice API. */
  practice: boolean;
  /** What commands need to be about this state: ` --practice`, ` --project DIR`, or nothing. */
  option: string;
  verbose: boolean;
  /** True: no list is folded. */
  all: boolean;
  /** Columns that the models' names take. */
  nameWidth: number;
}

/** The part of a model's line that is the same while it runs and when it has ended. */
export interface LineParts {
  status: string;
  model: string;
  kind: string;
  /** Absent: the line has no such column. */
  rows?: string;
  time?: string;
  text: string;
}

/** Stands in every line that speaks of sending in a practice run. */
export const NOTHING_LEFT = "practice: nothing left this machine";

const STATUS_WIDTH = 7;
const KIND_WIDTH = "tracked".length;
const ROWS_WIDTH = "1,000,000 rows".length;
const TIME_WIDTH = "10 m 10 s".length;
const BELOW = " ".repeat(2 + STATUS_WIDTH + 2);
const FAILURES_SHOWN = 3;
/** Keys that are shown of groups that failed alike. */
const KEYS_SHOWN = 3;

/** Lays one model's line out in columns. */
export function renderLine(parts: LineParts, view: RunView, paint: Paint): string {
  const { style, nameWidth } = view;
  return [
    "  " + style[paint](parts.status) + " ".repeat(Math.max(0, STATUS_WIDTH - parts.status.length)),
    parts.model.padEnd(nameWidth),
    style.dim(parts.kind) + " ".repeat(Math.max(0, KIND_WIDTH - parts.kind.length)),
    ...parts.rows === undefined ? [] : [parts.rows.padStart(ROWS_WIDTH)],
    (parts.time ?? "").padStart(TIME_WIDTH),
    style.dim(visibleLine(parts.text)),
  ].join("  ").trimEnd();
}

/** All lines of a model that has ended. */
export function renderModel(event: ModelFinished, view: RunView): string[] {
  const [status, paint] = statusWord(event.status);
  const hasRun = event.status !== "skipped" && event.status !== "blocked";
  const line = renderLine(
    {
      status,
      model: event.model,
      kind: event.kind,
      rows: event.rows === undefined ? "" : countOf(event.rows, "row"),
      ...(hasRun && { time: renderDuration(event.elapsed_ms) }),
      text: reasonOf(event),
    },
    view,
    paint,
  );
  return [line, ...hasRun ? renderBelow(event, view).map((below) => BELOW + below) : []];
}

function reasonOf(event: ModelFinished): string {
  // Without rows there may never have been any, nor a run before.
  const isRebuiltTheSame = event.status === "ok" && !event.changed && event.kind === "table" &&
    (event.rows ?? 0) > 0;
  return isRebuiltTheSame ? `${event.reason}; same rows as before` : event.reason;
}

function renderBelow(event: ModelFinished, view: RunView): string[] {
  return [
    ...renderColumnChanges(event, view),
    ...renderDelivery(event, view),
    ...renderVerified(event, view),
    ...renderAdopted(event, view),
    ...(event.error ? renderReport(event.error, view) : []),
    ...renderFailures(event, view),
  ];
}

function renderColumnChanges({ column_changes: changes = [] }: ModelFinished, view: RunView) {
  return changes.length > 0 ? [label("columns", visibleLine(changes.join(", ")), view)] : [];
}

function renderDelivery(
  event: ModelFinished,
  view: RunView,
): string[] {
  const { delivery, requests, next_blocked: ahead, on_removed: onRemoved } = event;
  const lines: string[] = [];
  if (delivery) lines.push(label("groups", groupsText(delivery, onRemoved), view));
  const hasRequests = requests !== undefined && (delivery !== undefined || requests.sent > 0);
  if (hasRequests) lines.push(label("requests", requestsText(requests, delivery, view), view));
  const isPartly = delivery && delivery.failed + delivery.unknown + delivery.rejected > 0;
  if (isPartly || (delivery && event.status === "failed" && delivery.left > 0)) {
    const isBlockedNext = ahead !== undefined;
    lines.push(label("outcome", outcomeText({ ...event, delivery }, isBlockedNext, view), view));
  }
  return lines;
}

function renderVerified({ verified }: ModelFinished, view: RunView): string[] {
  if (!verified) return [];
  const { sent, not_sent: notSent, left, not_asked: notAsked = 0 } = verified;
  const part = (count: number, one: string, many: string) =>
    count === 0 ? [] : [`${renderCount(count)} ${count === 1 ? one : many}`];
  const parts = [
    ...part(sent, "sent: the next run accepts it", "sent: the next run accepts them"),
    ...part(notSent, "not sent: the next run sends it", "not sent: the next run sends them"),
    ...part(left, "still unknown", "still unknown"),
    ...part(
      notAsked,
      "not asked: the next spoor run asks about it",
      "not asked: the next spoor run asks about them",
    ),
  ];
  return [label("verified", parts.join("; ") + noteOf(view), view)];
}

function renderAdopted({ adopted, recorded }: ModelFinished, view: RunView): string[] {
  if (recorded) return [label("adopted", recordedText(recorded) + noteOf(view), view)];
  if (!adopted) return [];
  const differing = differInText(adopted, view.all);
  return [
    label("adopted", adoptedText(adopted) + noteOf(view), view),
    label("compared", comparedText(adopted, view.all), view),
    ...differing === "" ? [] : [label("differ", differing, view)],
    ...adopted.notes.map((note) => label("note", view.style.warning(visibleLine(note)), view)),
  ];
}

function groupsText(delivery: DeliveryCounts, onRemoved: ModelFinished["on_removed"]): string {
  const { new: added, changed, unchanged, removed, held_back: held = 0 } = delivery;
  return counts([
    [added, "new"],
    [changed, "changed"],
    [unchanged, "unchanged"],
    // Each run finds them once more.
    [removed, onRemoved === "keep" ? "gone and kept" : "removed"],
    ...held > 0 ? [[held, "held back"]] as const : [],
  ]);
}

function requestsText(
  { sent, accepted, refused, unanswered = 0, unreached = 0, retries }: RequestCounts,
  delivery: DeliveryCounts | undefined,
  view: RunView,
): string {
  const text = counts([
    [sent - unreached, view.practice ? "sent to the practice API" : "sent"],
    [accepted, "accepted"],
    [refused - unanswered, "refused"],
    ...unanswered > unreached ? [[unanswered - unreached, "without an answer"]] as const : [],
    ...unreached > 0 ? [[unreached, "without a connection"]] as const : [],
  ]);
  const tried = retries > 0 ? `, ${countOf(retries, "retry", "retries")}` : "";
  const left = delivery ? `; ${countOf(delivery.left, "group")} left` : "";
  return text + tried + left + noteOf(view);
}

/** Behind what is said of sending. */
function noteOf({ practice }: RunView): string {
  return practice ? ` (${NOTHING_LEFT})` : "";
}

function outcomeText(
  { delivery, asks_verify: asksVerify }: Pick<ModelFinished, "asks_verify"> & {
    delivery: DeliveryCounts;
  },
  isBlockedNext: boolean,
  view: RunView,
): string {
  const { saved, rejected, failed, unknown, left, kept_back: all = 0 } = delivery;
  const asked = asksVerify && !isBlockedNext ? unknown : 0;
  const kept = all - asked;
  const text = counts([
    [saved, "acknowledged"],
    ...rejected > 0 ? [[rejected, "rejected"]] as const : [],
    [failed, "failed"],
    [unknown, "unknown"],
    [left, "left"],
  ]);
  const ends = [
    ...failed + unknown > all && !isBlockedNext ? [goesOnText(delivery, view.option)] : [],
    ...kept > 0
      ? [
        `${countOf(kept, "group")} held back: no run tries ${
          kept === 1 ? "it" : "them"
        } again by itself`,
      ]
      : [],
    ...asked > 0 ? [`the next run asks verify() about ${countOf(asked, "group")}`] : [],
    ...failed + unknown === 0 && rejected > 0
      ? ["what was rejected waits for another content"]
      : [],
  ];
  return [text, ...ends].join("; ") + noteOf(view);
}

/** What the next run does with those that it tries again. */
function goesOnText(
  { failed, unknown, kept_back: kept = 0 }: DeliveryCounts,
  option: string,
): string {
  if (kept > 0 && unknown > 0) return "the next run tries those that are not held back again";
  const again = "the next run tries those that failed again";
  if (unknown === 0) return again;
  const repeats = "sends those that are unknown again, with the same keys " +
    `(spoor unknown${option} lists them)`;
  return failed > 0 ? `${again}, and ${repeats}` : `the next run ${repeats}`;
}

function counts(parts: readonly (readonly [count: number, word: string])[]): string {
  return parts.map(([count, word]) => `${renderCount(count)} ${word}`).join(", ");
}

function renderFailures(event: ModelFinished, view: RunView): string[] {
  const failures = event.failures ?? [];
  if (failures.length === 0) return [];
  const { style, option } = view;
  const isWhole = view.all || view.verbose;
  const { failed = 0, unknown = 0 } = event.delivery ?? {};
  const total = Math.max(failed + unknown, failures.length);
  const alike = [...Map.groupBy(failures, ({ error }) => onOneLine(ownPart(error, event.error)))];
  const shown = isWhole ? alike : alike.slice(0, FAILURES_SHOWN);
  const lines = shown.map(([text, groups]) => {
    const keys = groups.slice(0, isWhole ? Infinity : KEYS_SHOWN).map(({ key }) =>
      visibleLine(cutKeyText(key))
    );
    const names = withRest(keys, groups.length - keys.length, "--all").join("; ");
    return `  ${style.bad(names)}: ${text}`;
  });
  const more = total - shown.reduce((sum, [, groups]) => sum + groups.length, 0);
  // A run keeps no more than the first of them.
  for (const line of withRest([], more, `spoor failures ${event.model} --all${option}`)) {
    lines.push(style.dim(`  ${line}`));
  }
  const hints = new Set(
    shown.flatMap(([, groups]) => groups.map(({ error }) => error.hint))
      .filter((hint) => hint !== undefined && hint !== event.error?.hint),
  );
  for (const hint of hints) lines.push(`  ${style.accent("hint:")} ${visibleLine(hint ?? "")}`);
  return lines;
}

/** What a group's error says beside that of its model, which is told above. */
function ownPart(error: ErrorReport, ofModel: ErrorReport | undefined): ErrorReport {
  const end = `: ${ofModel?.message}`;
  if (!ofModel || !error.message.endsWith(end)) return error;
  return { message: error.message.slice(0, -end.length) };
}

function onOneLine({ message, at }: ErrorReport): string {
  return visibleLine(message + (at ? ` (${renderLocation(at)})` : ""));
}
