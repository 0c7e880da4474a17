/**
 * The benchmark's table, a line as soon as it is measured.
 *
 * @module
 */
import { isReached, type Line } from "./figure.ts";

const WORK_WIDTH = 62;
const CELL_WIDTH = 11;

/** The table's head. */
export function renderHead(): string {
  const cells = ["floor", "spoor", "ratio", "target"].map((cell) => cell.padStart(CELL_WIDTH));
  return `${"work".padEnd(WORK_WIDTH)} | ${cells.join(" | ")}`;
}

/** One line: `name | floor | spoor | ratio | target`, and what else is to be said. */
export function renderLine(line: Line): string {
  const cells = [
    line.floor === undefined ? "–" : renderAmount(line.floor, line.unit),
    renderAmount(line.spoor, line.unit),
    line.floor === undefined ? "–" : `${(line.spoor / line.floor).toFixed(2)} ×`,
    renderTarget(line),
  ].map((cell) => cell.padStart(CELL_WIDTH));
  const end = isReached(line) ? "reached" : "MISSED";
  const note = line.note === undefined ? "" : ` (${line.note})`;
  return `${line.work.padEnd(WORK_WIDTH)} | ${cells.join(" | ")} | ${end}${note}`;
}

/** Milliseconds up to ten seconds, then seconds; or megabytes. */
export function renderAmount(amount: number, unit: Line["unit"]): string {
  if (unit === "MB") return `${amount.toFixed(0)} MB`;
  return amount < 10_000 ? `${amount.toFixed(0)} ms` : `${(amount / 1000).toFixed(1)} s`;
}

function renderTarget({ target, unit }: Line): string {
  const parts: string[] = [];
  if (target.factor > 0) parts.push(`${target.factor} ×`);
  if (target.plus !== undefined) parts.push(renderAmount(target.plus, unit));
  return parts.join(" + ");
}
