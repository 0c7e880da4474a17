/**
 * What of a group's values changed, as people read it: `email a@x → b@x, plan free → pro`.
 *
 * @module
 */
import { withRest } from "~/base/text/counts.ts";
import { fromDifference } from "~/base/text/from_difference.ts";
import { cutToWidth } from "~/cli/output/table.ts";
import type { ChangedField, ChangedValues } from "~/tracked/compare/changed_values.ts";

/** Columns that are shown; a wide row may differ in hundreds. */
const COLUMNS_SHOWN = 8;
const VALUE_WIDTH = 40;

/** @param json `ChangedValues`; null where the group has or had several rows. */
export function renderChanged(json: string | null): string {
  if (json === null) return "its rows";
  const changed = Object.entries(JSON.parse(json) as ChangedValues);
  if (changed.length === 0) return "the same content again";
  const shown = changed.slice(0, COLUMNS_SHOWN)
    .map(([column, field]) => `${column} ${fieldText(field)}`);
  return withRest(shown, changed.length - shown.length).join(", ");
}

function fieldText([before, after, note]: ChangedField): string {
  if (note === "new") return `new column → ${valueText(after)}`;
  if (note === "gone") return `${valueText(before)} → gone`;
  if (note === "now text") return `${valueText(before)} → ${quotedText(after)}`;
  if (note === "was text") return `${quotedText(before)} → ${valueText(after)}`;
  const [old, now] = [valueText(before), valueText(after)];
  if (old !== now) return `${old} → ${now}`;
  if (typeof before !== "string" || typeof after !== "string") {
    return `${quotedText(before)} → ${quotedText(after)}`;
  }
  // They differ beyond what is shown. Bytes keep their `x'` in front.
  const isBytes = [before, after].every((text) => /^x'[0-9a-f…]*'$/.test(text));
  const [a, b] = isBytes
    ? fromDifference(before.slice(2), after.slice(2)).map((text) => `x'${text}`)
    : fromDifference(before, after);
  return `${valueText(a)} → ${valueText(b)}`;
}

function valueText(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "NULL";
  if (value === "") return "''";
  return cutToWidth(typeof value === "string" ? value : JSON.stringify(value), VALUE_WIDTH);
}

/** A text in quotes, where it would else look like something else. */
function quotedText(value: unknown): string {
  return typeof value === "string" && value !== "" ? `'${valueText(value)}'` : valueText(value);
}
