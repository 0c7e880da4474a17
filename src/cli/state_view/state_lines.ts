/**
 * What a state file holds, and what is wrong with it, as people read it.
 *
 * @module
 */
import { countOf, renderCount } from "~/base/text/counts.ts";
import { renderLocalTime } from "~/cli/output/local_time.ts";
import type { Style } from "~/cli/output/style.ts";
import { renderTable } from "~/cli/output/table.ts";
import { visibleText } from "~/cli/output/visible_text.ts";
import type { StateReport } from "~/state/check_state.ts";
import type { StoredState } from "~/state/stored_states.ts";

/** A model's state, and whether the project still has the model. */
export interface ListedState extends StoredState {
  isOfProject: boolean;
}

/** The models that have state, with what is left over below. */
export function renderStates(
  states: readonly ListedState[],
  { style, option }: { style: Style; option: string },
): string[] {
  const table = renderTable(
    [
      { title: "model" },
      { title: "kind" },
      { title: "rows", align: "right" },
      { title: "accepted rows", align: "right" },
      { title: "groups not accepted", align: "right" },
      { title: "last success" },
      { title: "" },
    ],
    states.map((state) => [
      state.model,
      state.kind ?? "",
      state.target === "table" ? renderCount(state.rows) : "",
      state.acceptedRows === undefined ? "" : renderCount(state.acceptedRows),
      renderCount(countChanges(state)),
      state.lastSuccess === undefined ? "" : renderLocalTime(state.lastSuccess),
      state.isOfProject ? "" : { text: "no longer in the project", paint: style.warning },
    ]),
    style,
  );
  const left = states.find(({ isOfProject }) => !isOfProject);
  if (!left) return table;
  const example = `spoor state mv ${left.model} <new name>${option}`;
  return [...table, "", `If a model was renamed, "${example}" gives its state to the new name.`];
}

/** Changes that are not acknowledged. */
export function countChanges({ changes, pending }: StoredState): number {
  return Object.values(changes).reduce((sum, n) => sum + n, pending);
}

/** What a check has found. */
export function renderReport(path: string, report: StateReport, style: Style): string[] {
  const { findings, checks, notes, schema } = report;
  const lines = findings.flatMap(({ check, message, hint }) => [
    `${style.bad(`${check}:`)} ${visibleText(message)}`,
    `  ${style.accent("hint:")} ${visibleText(hint)}`,
  ]);
  for (const note of notes) lines.push(`${style.dim("note:")} ${visibleText(note)}`);
  if (lines.length > 0) lines.push("");
  const summary = findings.length === 0
    ? style.good(`The state is whole: ${countOf(checks.length, "check")}`)
    : style.bad(countOf(findings.length, "finding"));
  return [...lines, `${summary} (${path}, schema ${schema})`];
}
