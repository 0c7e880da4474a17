/**
 * A model's description as people read it.
 *
 * @module
 */
import { countOf } from "~/base/text/counts.ts";
import { renderDuration } from "~/base/time/duration.ts";
import { label } from "~/cli/output/label.ts";
import { renderLocalTime } from "~/cli/output/local_time.ts";
import { statusCell } from "~/cli/output/status_cell.ts";
import type { Style } from "~/cli/output/style.ts";
import { paintCell, renderTable } from "~/cli/output/table.ts";
import { visibleLine, visibleText } from "~/cli/output/visible_text.ts";
import type { ModelDescription } from "./describe_model.ts";

/** Directives that have a line of their own, so that they are not repeated. */
const SHOWN_APART = new Set(["kind", "description"]);

/** The lines of a description. */
export function renderDescription(model: ModelDescription, style: Style): string[] {
  const lines = [
    `${style.strong(model.name)}  ${style.dim(`${model.kind}, ${visibleLine(model.path)}`)}`,
  ];
  if (model.directives.description) lines.push(visibleLine(model.directives.description));
  lines.push("", ...renderEdges(model, style), ...renderState(model, style));
  lines.push(...renderDirectives(model, style), ...renderColumns(model, style));
  if (model.sql !== undefined) lines.push("", ...visibleText(model.sql.trim()).split("\n"));
  return lines;
}

function renderEdges({ reads, read_by: readBy, files }: ModelDescription, style: Style): string[] {
  const lines = [
    label("reads", reads.join(", ") || "no table", { style }),
    label("read by", readBy.join(", ") || "no model", { style }),
  ];
  if (files.length > 1) lines.push(label("files", visibleLine(files.join(", ")), { style }));
  return lines;
}

function renderState(model: ModelDescription, style: Style): string[] {
  const { last_run: run, rows, waiting } = model;
  if (!run) return [label("last run", "never", { style })];
  const word = paintCell(statusCell(run.status, style));
  const took = run.elapsed_ms === null || run.status === "blocked"
    ? ""
    : `, in ${renderDuration(run.elapsed_ms)}`;
  const lines = [
    label(
      "last run",
      `${word} on ${renderLocalTime(run.started_at)}${took}: ${visibleLine(run.reason)}`,
      { style },
    ),
  ];
  if (rows !== undefined) lines.push(label("rows", countOf(rows, "row"), { style }));
  if (waiting) lines.push(label("waiting", `${countOf(waiting, "group")} to be sent`, { style }));
  return lines;
}

function renderDirectives({ directives }: ModelDescription, style: Style): string[] {
  const rows = Object.entries(directives).filter(([name]) => !SHOWN_APART.has(name));
  if (rows.length === 0) return [];
  const width = Math.max(...rows.map(([name]) => name.length)) + 1;
  const lines = rows.map(([name, value]) =>
    `${style.accent(`@${name}`.padEnd(width))}  ${visibleLine(value)}`
  );
  return ["", ...lines];
}

function renderColumns({ columns }: ModelDescription, style: Style): string[] {
  if (!columns) return [];
  const hasTypes = columns.some(({ type }) => type !== "");
  const rows = columns.map(({ name, type }) => [visibleLine(name), ...hasTypes ? [type] : []]);
  const titles = [{ title: "column" }, ...hasTypes ? [{ title: "type" }] : []];
  return ["", ...renderTable(titles, rows, style)];
}
