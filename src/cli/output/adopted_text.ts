/**
 * Words for how a model's groups compare with what the far side holds, the same after a run and in a plan.
 *
 * @module
 */
// deno-lint-ignore-file camelcase -- fields, as --json prints them.
import { countOf, renderCount, withRest } from "~/base/text/counts.ts";
import type { PlannedAdoption } from "~/plan/plan_document.ts";
import type { RecordedGroups } from "~/run/run_event.ts";
import { visibleLine } from "./visible_text.ts";

/** Of a plan; what a run tells has all of it. */
type ToldAdoption = Omit<PlannedAdoption, "notes">;

/** `90 groups in contacts.csv: 86 the same, recorded as sent; 3 differ, 2 not there, 1 only there (…)`. */
export function adoptedText(told: ToldAdoption): string {
  const { source, groups_there: there, same, differ, not_there: missing } = told;
  const { only_there: only, to_remove: gone, held_back: held = 0 } = told;
  const those = only === 1 ? "left as it is" : "left as they are";
  const left = gone === 0
    ? those
    : `${those}, but for ${renderCount(gone)} that left the query, for the next run to remove`;
  const rest = [
    `${renderCount(differ)} ${differ === 1 ? "differs" : "differ"}`,
    `${renderCount(missing)} not there`,
    `${renderCount(only)} only there${only > 0 ? ` (${left})` : ""}`,
  ].join(", ");
  return `${countOf(there, "group")} in ${visibleLine(source)}: ${
    renderCount(same)
  } the same, recorded as sent; ${rest}${held > 0 ? `; ${heldText(held)}` : ""}`;
}

function heldText(held: number): string {
  const [verb, them] = held === 1 ? ["is", "it"] : ["are", "them"];
  return `${renderCount(held)} of these ${verb} held back: no run sends ${them} by itself`;
}

/** `11 groups recorded as sent; 10 that left the query forgotten`. */
export function recordedText({ groups, forgotten }: RecordedGroups): string {
  const parts = [`${countOf(groups, "group")} recorded as sent`];
  if (forgotten > 0) parts.push(`${renderCount(forgotten)} that left the query forgotten`);
  return parts.join("; ");
}

/** `plan in 2 groups, email in 1`; nothing where nothing differs. */
export function differInText({ differ_in }: ToldAdoption, all: boolean): string {
  const parts = Object.entries(differ_in).map(([column, groups], index) =>
    `${visibleLine(column)} in ${index === 0 ? countOf(groups, "group") : renderCount(groups)}`
  );
  return foldedText(parts, all);
}

/** Columns of each kind that are named. */
const NAMED = 12;

/** `email, plan; taken to be the same, as they are not there: name; not in the query: Owner`. */
export function comparedText(
  { compared, assumed, ignored }: ToldAdoption,
  all: boolean,
): string {
  const namesText = (names: readonly string[]) => foldedText(names.map(visibleLine), all);
  return [
    namesText(compared),
    ...assumed.length > 0
      ? [
        `taken to be the same, for ${assumed.length === 1 ? "it is" : "they are"} not there: ${
          namesText(assumed)
        }`,
      ]
      : [],
    ...ignored.length > 0 ? [`there, but not in the query: ${namesText(ignored)}`] : [],
  ].join("; ");
}

function foldedText(parts: readonly string[], all: boolean): string {
  const shown = parts.slice(0, all ? Infinity : NAMED);
  return withRest(shown, parts.length - shown.length, "--all").join(", ");
}
