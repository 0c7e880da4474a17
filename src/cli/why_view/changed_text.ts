/**
 * What of a group's values changed, as people read it: `email a@x → b@x, plan free → pro`; of several rows
 * `its rows, 2 → 3: 1 changed (sku a: qty 1 → 2); 1 added (sku c, qty 7)`.
 *
 * @module
 */
import { countOf, renderCount, withRest } from "~/base/text/counts.ts";
import { fromDifference } from "~/base/text/from_difference.ts";
import { cutToWidth } from "~/cli/output/table.ts";
import type { ChangedRows, RowValues, SomeRows } from "~/tracked/compare/changed_rows.ts";
import type { ChangedField, ChangedValues } from "~/tracked/compare/changed_values.ts";
import { readChange } from "~/tracked/compare/recorded_change.ts";

const SAME = "the same content again";
/** Columns that are shown; a wide row may differ in hundreds. */
const COLUMNS_SHOWN = 8;
const VALUE_WIDTH = 40;

/** @param json `RecordedChange`; null of several rows in records of earlier versions. */
export function renderChanged(json: string | null): string {
  const change = readChange(json);
  if (change === undefined) return "its rows";
  if ("rows" in change) return rowsText(change.rows);
  return fieldsText(change.values) || SAME;
}

function rowsText({ rows_before: before, rows_after: after, difference }: ChangedRows): string {
  const counts = before === after
    ? `its ${countOf(after, "row")}`
    : `its rows, ${renderCount(before)} → ${renderCount(after)}`;
  if (!difference) return counts;
  const { known_by: name, changed, added, gone } = difference;
  const parts = [
    ...kindText("changed", changed, ({ row, fields }) => {
      const which = name === undefined ? "" : `${name} ${valueText(row)}: `;
      return which + fieldsText(fields);
    }),
    ...kindText("added", added, valuesText),
    ...kindText("gone", gone, valuesText),
  ];
  return parts.length === 0 ? SAME : `${counts}: ${parts.join("; ")}`;
}

/** `2 added (sku a, qty 1; sku b, qty 2)` */
function kindText<Told>(
  kind: string,
  some: SomeRows<Told> | undefined,
  textOf: (told: Told) => string,
): string[] {
  if (!some) return [];
  const { rows, first } = some;
  const head = `${renderCount(rows)} ${kind}`;
  if (first.length === 0) return [head];
  return [`${head} (${withRest(first.map(textOf), rows - first.length).join("; ")})`];
}

function fieldsText(values: ChangedValues): string {
  return columnsText(Object.entries(values), fieldText);
}

function valuesText(row: RowValues): string {
  return columnsText(Object.entries(row), valueText);
}

function columnsText<Value>(
  all: readonly (readonly [string, Value])[],
  textOf: (value: Value) => string,
): string {
  const shown = all.slice(0, COLUMNS_SHOWN).map(([column, value]) => `${column} ${textOf(value)}`);
  return withRest(shown, all.length - shown.length).join(", ");
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
