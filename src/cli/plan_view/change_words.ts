/**
 * Words for one change of a plan and for its requests, the same in text and Markdown.
 *
 * @module
 */
import { countOf } from "~/base/text/counts.ts";
import { fromDifference } from "~/base/text/from_difference.ts";
import { cutToWidth } from "~/cli/output/table.ts";
import { visibleLine } from "~/cli/output/visible_text.ts";
import type {
  PlannedChange,
  PlannedModel,
  PlannedReason,
  PlannedRequest,
} from "~/plan/plan_document.ts";
import { plannedKeyText } from "~/plan/planned_key.ts";
import { unknownText } from "./plan_words.ts";

/** `+`, `~`, `-`, … as diffs have it. */
export const ACTION_SIGNS: Readonly<Record<PlannedChange["action"], string>> = {
  create: "+",
  update: "~",
  remove: "-",
  forget: "·",
  keep: "·",
};

/** `id = 7`, on one line. */
export function keyText(change: Pick<PlannedChange, "group" | "key">): string {
  return visibleLine(plannedKeyText(change));
}

/**
 * What differs, an entry each: `name: "Bo" → "Bob"`.
 *
 * @param width Of an entry that is to be cut: it then has something of both values, from where they differ.
 */
export function differences(change: PlannedChange, width = Infinity): string[] {
  const { action, key, fields, rows_removed: gone = [], rows_added: come = [] } = change;
  if (fields) {
    const isKey = (name: string) => Object.hasOwn(key, name);
    const isUpdate = action === "update" && !change.before_unknown;
    return Object.entries(fields).filter(([name]) => isUpdate || !isKey(name))
      .map(([name, values]) => {
        const begin = `${visibleLine(name)}: `;
        return begin + fieldText(change, name, values, width - begin.length);
      });
  }
  return [
    ...gone.map((row) => `- ${rowText(change, row)}`),
    ...come.map((row) => `+ ${rowText(change, row)}`),
  ];
}

/** As JSON, but for what has no form there. */
function rowText(change: PlannedChange, row: Readonly<Record<string, unknown>>): string {
  const fields = Object.entries(row).map(([name, value]) => {
    const text = isNoText(change, name) && value !== null ? String(value) : JSON.stringify(value);
    return `${JSON.stringify(name)}:${text}`;
  });
  return visibleLine(`{${fields.join(",")}}`);
}

function isNoText({ columns_not_text: names = [] }: PlannedChange, name: string): boolean {
  return names.includes(name);
}

function fieldText(
  change: PlannedChange,
  name: string,
  [old, now]: readonly [unknown, unknown],
  width: number,
): string {
  const textOf = isNoText(change, name) ? bareText : valueText;
  if (change.before_unknown) return `not known → ${textOf(now)}`;
  if (change.action === "create") return textOf(now);
  if (change.action !== "update") return textOf(old);
  if (change.columns_new?.includes(name)) return `new column → ${textOf(now)}`;
  if (change.columns_gone?.includes(name)) return fromTo(textOf(old), "gone", width);
  if (change.columns_now_text?.includes(name)) return fromTo(bareText(old), valueText(now), width);
  if (change.columns_was_text?.includes(name)) return fromTo(valueText(old), bareText(now), width);
  const whole = fromTo(textOf(old), textOf(now), Infinity);
  if (whole.length <= width || typeof old !== "string" || typeof now !== "string") {
    return fromTo(textOf(old), textOf(now), width);
  }
  // What is long and no text is bytes, which keep their `x'` in front.
  const front = isNoText(change, name) ? "x'" : "";
  const [a, b] = fromDifference(old.slice(front.length), now.slice(front.length));
  return fromTo(textOf(front + a), textOf(front + b), width);
}

/** The first is cut where it would leave no room for the second. */
function fromTo(old: string, now: string, width: number): string {
  const arrow = " → ";
  const room = width - arrow.length;
  return cutToWidth(old, Math.max(Math.floor(room / 2), room - now.length)) + arrow + now;
}

/** Of what is no text, though JSON has it as one. */
function bareText(value: unknown): string {
  return typeof value === "string" ? visibleLine(value) : valueText(value);
}

function valueText(value: unknown): string {
  return value === null ? "NULL" : visibleLine(JSON.stringify(value));
}

/**
 * Why groups would not be accepted, or cannot be known, a line a reason: what several have in common, and what
 * is of a group that is not shown.
 */
export function reasonTexts(
  { reasons = [] }: PlannedModel,
  shown: readonly PlannedChange[],
): string[] {
  const words = { unknown: "cannot be known", rejected: "would be rejected", fails: "would fail" };
  return reasons.filter((each) =>
    each.groups > 1 || !shown.some((change) => hasReason(change, each))
  )
    .map(({ outcome, why, groups }) =>
      `${countOf(groups, "group")} ${words[outcome]}: ${visibleLine(why)}`
    );
}

function hasReason(change: PlannedChange, { outcome, why }: PlannedReason): boolean {
  return change.outcome === outcome && change.why === why;
}

/** It is said above, of several groups. */
function isSaidAbove(change: PlannedChange, { reasons = [] }: PlannedModel): boolean {
  return reasons.some((each) => each.groups > 1 && hasReason(change, each));
}

/** What is assumed of a request beyond that it is answered by a success; nothing mostly. */
export function assumedText(
  { assumed, answered_before: before }: Pick<PlannedRequest, "assumed" | "answered_before">,
): string {
  return [
    ...assumed ? ["(assumed: it depends on an earlier answer)"] : [],
    ...before === undefined ? [] : [`(assumed to be answered ${before}, as the last time)`],
  ].join(" ");
}

/** What is sure, or why not; nothing for a change that would simply be accepted. */
export function outcomeText(change: PlannedChange, model: PlannedModel): string {
  const { outcome } = change;
  const why = isSaidAbove(change, model) ? undefined : change.why;
  const because = why === undefined ? "" : `: ${visibleLine(why)}`;
  if (outcome === "unknown") {
    return unknownText(why);
  }
  if (outcome === "fails") return `would fail${because}`;
  if (outcome === "rejected") return `would be rejected${because}`;
  return outcome === "not_reached" ? "not reached by the model" : "";
}

/** How the last try of the change ended, or nothing. */
export function lastTryText({ last_try: last }: PlannedChange): string {
  if (!last) return "";
  const error = last.error === undefined ? "" : `: ${visibleLine(last.error)}`;
  const how = last.state === "unknown" ? "the last try had no answer" : "the last try failed";
  const tries = last.attempts > 1 ? ` (${countOf(last.attempts, "attempt")})` : "";
  return `${how}${tries}${error}`;
}
