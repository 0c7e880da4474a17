/**
 * Values in aligned columns.
 *
 * @module
 */
import fastStringWidth from "fast-string-width";
import { PLAIN, type Style } from "./style.ts";

/** One column of a table. */
export interface Column {
  title: string;
  /** @default "left" */
  align?: "left" | "right";
}

/** A cell: its text, and how it is painted once it is as wide as its column. */
export type Cell = string | { text: string; paint: (text: string) => string };

/**
 * Lays rows out in columns, two spaces apart, below their titles.
 *
 * @example
 * ```ts
 * import { renderTable } from "./table.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(
 *   renderTable([{ title: "run" }, { title: "rows", align: "right" }], [["1", "1,000"]]),
 *   ["run   rows", "1    1,000"],
 * );
 * ```
 *
 * @returns Lines without line ends or trailing spaces.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  style: Style = PLAIN,
): string[] {
  const titles = columns.map(({ title }): Cell => ({ text: title, paint: style.dim }));
  const all = [titles, ...rows];
  // There may be more rows than a call takes arguments.
  const widths = columns.map((_, i) =>
    all.reduce((widest, row) => Math.max(widest, widthOf(row[i] ?? "")), 0)
  );
  return all.map((row) => renderRow(columns, row, widths));
}

function renderRow(
  columns: readonly Column[],
  row: readonly Cell[],
  widths: readonly number[],
): string {
  const last = columns.length - 1;
  const cells = columns.map(({ align }, i) => {
    const cell = row[i] ?? "";
    const text = textOf(cell);
    const padding = " ".repeat(Math.max(0, (widths[i] ?? 0) - fastStringWidth(text)));
    const painted = paintCell(cell);
    if (align === "right") return padding + painted;
    return i === last ? painted : painted + padding;
  });
  return cells.join("  ").trimEnd();
}

/** A cell's text, painted. */
export function paintCell(cell: Cell): string {
  return typeof cell === "string" || cell.text === "" ? textOf(cell) : cell.paint(cell.text);
}

function widthOf(cell: Cell): number {
  return fastStringWidth(textOf(cell));
}

function textOf(cell: Cell): string {
  return typeof cell === "string" ? cell : cell.text;
}

/** Cuts a text to a width in terminal columns; a cut text ends in `…`. */
export function cutToWidth(text: string, width: number): string {
  if (text.length <= width && fastStringWidth(text) <= width) return text;
  let cut = "";
  let used = 0;
  for (const character of text) {
    used += fastStringWidth(character);
    if (used > width - 1) break;
    cut += character;
  }
  return `${cut}…`;
}
