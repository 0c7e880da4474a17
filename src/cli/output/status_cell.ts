/**
 * How something ended, as a cell of a table.
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

/** The status of a run or of a model in it; `cancelled` is `stopped` in what people read. */
export function statusCell(status: string, style: Style): Cell {
  const text = status === "cancelled" ? "stopped" : status;
  return { text, paint: style[PAINTS[status] ?? "warning"] };
}
