/**
 * Writes the rows of a query in the format asked for, row by row, so that memory does not grow
 * with them; a table for people is folded instead.
 *
 * @module
 */
import { countOf } from "~/base/text/counts.ts";
import type { Output } from "~/cli/output/output.ts";
import { type Cell, cutToWidth, renderTable } from "~/cli/output/table.ts";
import type { SqlValue } from "~/warehouse/values.ts";
import type { QueryResult } from "./prepare_query.ts";
import { toCellText, toCsvField, toJsonText, toMarkdownCell } from "./value_text.ts";

/** The formats of `--format`. */
export const FORMATS = ["table", "json", "csv", "md"] as const;
/** `lines`: JSON, an object a row, for `--json`. */
export type Format = typeof FORMATS[number] | "lines";

/** How many rows a person is shown, unless told otherwise. */
const ROWS_SHOWN = 100;
const WIDEST_CELL = 60;
/** Text is handed to the terminal in pieces of about this many characters. */
const PIECE_CHARS = 64 * 1_024;

/** Writes all rows, or the first `limit`. */
export function writeRows(
  result: QueryResult,
  format: Format,
  limit: number | undefined,
  output: Output,
): void {
  if (format === "table") return writeTable(result, limit ?? ROWS_SHOWN, output);
  let piece = "";
  for (const text of WRITERS[format](result, limit ?? Infinity)) {
    piece += text;
    if (piece.length < PIECE_CHARS) continue;
    output.write(piece);
    piece = "";
    if (output.isClosed) return;
  }
  output.write(piece);
}

type Writer = (result: QueryResult, limit: number) => Generator<string>;

const WRITERS: Readonly<Record<Exclude<Format, "table">, Writer>> = {
  *csv({ columns, rows }, limit) {
    yield `${columns.map(toCsvField).join(",")}\n`;
    for (const row of first(rows, limit)) yield `${row.map(toCsvField).join(",")}\n`;
  },
  *md({ columns, rows }, limit) {
    yield `| ${columns.map(toMarkdownCell).join(" | ")} |\n`;
    yield `| ${columns.map(() => "---").join(" | ")} |\n`;
    for (const row of first(rows, limit)) yield `| ${row.map(toMarkdownCell).join(" | ")} |\n`;
  },
  *json({ columns, rows }, limit) {
    const keys = uniqueNames(columns);
    let separator = "[\n";
    for (const row of first(rows, limit)) {
      yield `${separator}  ${toJsonObject(keys, row)}`;
      separator = ",\n";
    }
    yield separator === "[\n" ? "[]\n" : "\n]\n";
  },
  *lines({ columns, rows }, limit) {
    const keys = uniqueNames(columns);
    for (const row of first(rows, limit)) {
      yield `{"schema_version":1,"type":"row","row":${toJsonObject(keys, row)}}\n`;
    }
  },
};

function toJsonObject(keys: readonly string[], row: readonly SqlValue[]): string {
  const fields = keys.map((key, i) => `${JSON.stringify(key)}:${toJsonText(row[i] ?? null)}`);
  return `{${fields.join(",")}}`;
}

/** `id, id` → `id, id_2`: an object cannot have one field twice. */
function uniqueNames(columns: readonly string[]): string[] {
  const used = new Set<string>();
  return columns.map((column) => {
    let name = column;
    for (let n = 2; used.has(name); n++) name = `${column}_${n}`;
    used.add(name);
    return name;
  });
}

function* first<T>(items: Iterable<T>, limit: number): Generator<T> {
  if (limit <= 0) return;
  let count = 0;
  for (const item of items) {
    yield item;
    if (++count >= limit) return;
  }
}

function writeTable({ columns, rows }: QueryResult, limit: number, output: Output): void {
  const { style } = output;
  const shown: (readonly SqlValue[])[] = [];
  let total = 0;
  for (const row of rows) {
    if (total++ < limit) shown.push(row);
  }
  const aligned = columns.map((title, i) => ({
    title: toCellText(title),
    align: shown.every((row) => isNumberOrNull(row[i])) ? "right" as const : "left" as const,
  }));
  const cells = shown.map((row) => row.map((value): Cell => toCell(value, style.dim)));
  output.lines(renderTable(aligned, cells, style));
  const more = total - shown.length;
  if (more > 0) {
    output.line(style.dim(`… ${countOf(more, "more row")} (--all shows them)`));
  } else output.line(style.dim(countOf(total, "row")));
}

function toCell(value: SqlValue, dim: (text: string) => string): Cell {
  const text = cutToWidth(toCellText(value), WIDEST_CELL);
  return value === null ? { text, paint: dim } : text;
}

function isNumberOrNull(value: SqlValue | undefined): boolean {
  return value === null || typeof value === "number" || typeof value === "bigint";
}
