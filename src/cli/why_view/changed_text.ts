/**
 * What of a group's values changed, as people read it: `email a@x → b@x, plan free → pro`.
 *
 * @module
 */
import { renderCount } from "~/base/counts.ts";
import { cutToWidth } from "~/cli/output/table.ts";
import type { ChangedValues } from "~/tracked/compare/changed_values.ts";

/** Columns that are shown; a wide row may differ in hundreds. */
const COLUMNS_SHOWN = 8;
const VALUE_WIDTH = 40;

/** @param json `ChangedValues`; null where the group has or had several rows. */
export function renderChanged(json: string | null): string {
  if (json === null) return "its rows";
  const changed = Object.entries(JSON.parse(json) as ChangedValues);
  if (changed.length === 0) return "the same content again";
  const shown = changed.slice(0, COLUMNS_SHOWN).map(([column, [before, after, note]]) => {
    if (note === "new") return `${column} new column → ${valueText(after)}`;
    return `${column} ${valueText(before)} → ${note === "gone" ? "gone" : valueText(after)}`;
  });
  const more = changed.length - shown.length;
  return shown.join(", ") + (more > 0 ? `, … ${renderCount(more)} more` : "");
}

function valueText(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "NULL";
  if (value === "") return "''";
  return cutToWidth(typeof value === "string" ? value : JSON.stringify(value), VALUE_WIDTH);
}
