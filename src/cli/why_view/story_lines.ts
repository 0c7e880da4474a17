/**
 * One group's story as people read it.
 *
 * @module
 */
// deno-lint-ignore-file camelcase -- columns, and words that --json prints.
import { countOf, renderCount } from "~/base/text/counts.ts";
import { renderDuration } from "~/base/time/duration.ts";
import { renderTries } from "~/cli/groups/tries_lines.ts";
import { renderLocalTime } from "~/cli/output/local_time.ts";
import type { Paint, Style } from "~/cli/output/style.ts";
import { cutToWidth } from "~/cli/output/table.ts";
import { visibleLine, visibleText } from "~/cli/output/visible_text.ts";
import { VERIFY_SAYS } from "~/store/changes/by_hand.ts";
import { CUT_OFF, cutOffNote } from "~/store/changes/cut_off.ts";
import type { DeliveryRow, RequestRow } from "~/store/changes/group_story.ts";
import { readTries } from "~/store/changes/recorded_tries.ts";
import { renderGroupKey } from "~/tracked/group_key.ts";
import { renderChanged } from "./changed_text.ts";
import { isByHand, isLeftByAdopt } from "./delivery_row.ts";
import type { GroupStory, ToldRun, ToldTry } from "./load_story.ts";
import { readMessage } from "./recorded_message.ts";
import type { RunEntry } from "./timeline.ts";
import type { ToldBatch } from "./told_batches.ts";
import type { NextStep } from "./what_is_next.ts";

/** How a story is shown. */
export interface StoryView {
  style: Style;
  /** Headers and whole bodies. */
  verbose: boolean;
}

const BELOW = "    ";
/** Widest body on one line. */
const BODY_WIDTH = 160;

const NEXT_PAINTS: Readonly<Record<NextStep["code"], Paint>> = {
  accepted: "good",
  settled: "good",
  kept: "dim",
  gone: "dim",
  in_flight: "warning",
  waits_for_you: "bad",
  repeated_first: "warning",
  repeated: "warning",
  parked: "bad",
  comes_again: "warning",
  pending: "warning",
  blocked: "bad",
};

const TRY_PAINTS: Readonly<Record<DeliveryRow["state"], Paint>> = {
  accepted: "good",
  adopted: "good",
  settled: "accent",
  retried: "accent",
  rejected: "bad",
  failed: "bad",
  unknown: "warning",
};

const DECISION_WORDS: Readonly<
  Record<RunEntry["decision"], readonly [word: string, paint: Paint]>
> = {
  unchanged: ["unchanged", "dim"],
  unchanged_or_not_reached: ["unchanged, or not reached", "dim"],
  unchanged_or_gone: ["left the query, or unchanged", "dim"],
  unchanged_or_kept: ["unchanged, or not in the query", "dim"],
  unchanged_or_new_key: ["unchanged, or of another unique key", "dim"],
  left: ["left the query", "dim"],
  held_back: ["held back", "warning"],
  held_back_or_gone: ["held back, or not in the query", "warning"],
  not_reached: ["not reached", "warning"],
  cut_off: ["cut off", "warning"],
  not_tried: ["not tried", "warning"],
  not_compared: ["not compared", "warning"],
  blocked: ["blocked", "bad"],
  failed: ["the model failed", "bad"],
  gone: ["not there", "dim"],
  not_there: ["not there", "dim"],
  new_key: ["another unique key", "dim"],
};

/** All lines of a story. */
export function renderStory(story: GroupStory, view: StoryView): string[] {
  return [
    ...renderHead(story, view),
    ...story.entries.flatMap((entry) => [
      "",
      ...entry.type === "try" ? renderTry(entry, view) : renderRun(entry, view),
    ]),
    ...story.isCut ? ["", view.style.dim("… older entries (--all shows them)")] : [],
  ];
}

function renderHead(
  { model, group, ledger, since, idempotencyKey, next, entries: [newest] }: GroupStory,
  { style }: StoryView,
): string[] {
  const name = renderGroupKey(model.keyColumns, group.key);
  const label = (text: string) => style.dim(text.padEnd(6));
  const isOpen = ledger && next.code !== "settled";
  const isSaidBelow = newest?.type === "try" && ledger !== undefined &&
    (newest.delivery.error === ledger.error || newest.delivery.error === cutOffNote(ledger.run_id));
  const error = ledger?.state === "sent" && next.code !== "in_flight" ? CUT_OFF : ledger?.error;
  return [
    `${style.strong(model.name)}  ${style.strong(visibleLine(name))}`,
    `${label("next")}  ${style[NEXT_PAINTS[next.code]](visibleLine(next.text))}`,
    ...isOpen && since !== null
      ? [
        `${label("since")}  ${
          [
            renderLocalTime(since),
            ...ledger.attempts > 0 ? [countOf(ledger.attempts, "attempt")] : [],
          ].join(", ")
        }`,
      ]
      : [],
    ...isOpen && error && !isSaidBelow ? [`${label("error")}  ${visibleLine(error)}`] : [],
    ...isOpen && idempotencyKey !== undefined ? [`${label("key")}  ${idempotencyKey}`] : [],
    ...group.accepted?.hash ? [`${label("holds")}  accepted content ${group.accepted.hash}`] : [],
  ];
}

function renderRun(entry: ToldRun, view: StoryView): string[] {
  const { runId, firstRunId, runs, at, decision, detail, requests } = entry;
  const { style } = view;
  const name = runs === 1 ? `run ${runId}` : `runs ${firstRunId} to ${runId}`;
  const [word, paint] = DECISION_WORDS[decision];
  const text = detail === "" ? "" : `: ${visibleLine(detail)}`;
  return [
    `${style.strong(name)}  ${renderLocalTime(at)}  ${style[paint](word)}${text}`,
    ...requests.flatMap((request) => renderRequest(request, view)),
  ];
}

function renderTry(told: ToldTry, view: StoryView): string[] {
  const { delivery, requests, hasMore, before } = told;
  const { style } = view;
  const { run_id: runId, at, state } = delivery;
  const name = isByHand(delivery) ? `after run ${runId}` : `run ${runId}`;
  const word = isLeftByAdopt(delivery) ? style.warning("left") : style[TRY_PAINTS[state]](state);
  return [
    `${style.strong(name)}  ${renderLocalTime(at)}  ${word}${visibleLine(textOf(delivery))}`,
    ...requests.flatMap((request) => renderRequest(request, view)),
    ...hasMore ? [BELOW + style.dim("… more requests of this try (spoor.requests has them)")] : [],
    ...before.flatMap((batch) => ["", ...renderBatch(batch, view)]),
  ];
}

function renderBatch({ groups, requests }: ToldBatch, view: StoryView): string[] {
  const { style } = view;
  const [first] = requests;
  if (!first) return [];
  const others = groups - 1;
  const text = `, in a batch with ${renderCount(others)} ${others === 1 ? "other" : "others"}`;
  // It may be that a question of the model's was refused, which is recorded as none of its groups'.
  const isRefused = requests.some(({ status }) => status !== null && status >= 400);
  const word = isRefused ? style.bad("refused") : style.good("sent");
  return [
    `${style.strong(`run ${first.run_id}`)}  ${renderLocalTime(first.at)}  ${word}${text}`,
    ...requests.flatMap((request) => renderRequest(request, view)),
  ];
}

function textOf(delivery: DeliveryRow): string {
  const { state, action, batch, error, content_hash: hash } = delivery;
  if (isLeftByAdopt(delivery)) {
    const differs = delivery.changed === null ? "" : `: ${renderChanged(delivery.changed)}`;
    return ` to the next run: it ${error ?? "was not adopted"}${differs}`;
  }
  if (state === "adopted") return `: the model as a whole: ${error ?? "recorded as sent"}`;
  if (state === "retried") return ": by a person; tried again by the next run";
  if (state === "settled") {
    return isByHand(delivery) ? `: by a person, ${error}` : `: by the model, ${error}`;
  }
  if (state === "unknown" && error?.startsWith(VERIFY_SAYS)) return `: ${error}, it stays unknown`;
  const what = action === "update" ? `sent ${renderChanged(delivery.changed)}` : `${action}d`;
  const together = batch === 0 ? "" : ", in a batch";
  if (state === "accepted") return `: ${what}${together}; content ${hash}`;
  const tried = action === "update" ? renderChanged(delivery.changed) : action;
  return `: ${tried}${together}: ${error ?? ""}`;
}

function renderRequest(request: RequestRow, view: StoryView): string[] {
  const { style } = view;
  const { method, url, attempts, elapsed_ms: elapsedMs, idempotency_key: key } = request;
  const facts = [
    ...attempts < 2 ? [] : [countOf(attempts, "try", "tries")],
    ...attempts === 0 ? [] : [renderDuration(elapsedMs)],
    ...key === null ? [] : [`key ${key}`],
  ];
  const head = [
    BELOW + visibleLine(`${method} ${url}`),
    statusText(request, style),
    ...facts.length > 0 ? [style.dim(facts.join(", "))] : [],
  ].join("  ");
  if (request.request === null) {
    const what = attempts < 2 ? "bodies are" : "bodies and tries are";
    const note = `its ${what} not kept: newer ones have taken their place`;
    return [head, `${BELOW}  ${style.dim(note)}`];
  }
  const tries = readTries(request.response);
  return [
    head,
    ...tries ? renderTries(tries, style).map((line) => `${BELOW}  ${line}`) : [],
    ...renderBody("request", request.request, view),
    ...renderBody("response", request.response, view),
  ];
}

function statusText({ method, url, status, error }: RequestRow, style: Style): string {
  // The line begins with that already.
  const own = error?.replace(`Cannot read the answer of ${method} ${url}: `, "");
  if (status === null) return style.bad(visibleLine(own ?? "no answer is known"));
  // It was answered, and did not end by that.
  const why = own === undefined ? "" : `: ${visibleLine(own)}`;
  return style[status < 300 ? "good" : "bad"](`${status}${why}`);
}

function renderBody(name: string, json: string | null, { style, verbose }: StoryView): string[] {
  const { headers, body } = readMessage(json);
  const label = `${BELOW}  ${style.dim(name.padEnd(8))}  `;
  if (!verbose) {
    return body === null ? [] : [label + cutToWidth(visibleLine(body), BODY_WIDTH)];
  }
  return [
    `${BELOW}  ${style.dim(name)}`,
    ...Object.entries(headers).map(([header, value]) =>
      `${BELOW}    ${style.dim(`${visibleLine(header)}:`)} ${visibleLine(String(value))}`
    ),
    ...body === null ? [] : visibleText(body).split("\n").map((line) => `${BELOW}    ${line}`),
  ];
}
