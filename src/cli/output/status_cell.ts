/**
 * How something ended, as people read it.
 *
 * @module
 */
import type { Paint, Style } from "./style.ts";
import type { Cell } from "./table.ts";

const PAINTS: Readonly<Record<string, Paint>> = {
  ok: "good",
  skipped: "dim",
  failed: "bad",
  died: "bad",
};

/** The status of a run or of a model in it, in a word: `cancelled` is `stopped`. */
export function statusWord(status: string): readonly [word: string, paint: Paint] {
  return [status === "cancelled" ? "stopped" : status, PAINTS[status] ?? "warning"];
}

/** The same as a cell of a table. */
export function statusCell(status: string, style: Style): Cell {
  const [text, paint] = statusWord(status);
  return { text, paint: style[paint] };
}
