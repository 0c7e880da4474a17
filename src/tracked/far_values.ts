/**
 * When a cell of a CSV file is the value that a query gives: CSV has texts only, and no NULL.
 *
 * Both sides are brought to one form, a column at a time, by what the query gives in that column:
 *
 * | the query gives    | a cell is                                                               |
 * | ------------------ | ----------------------------------------------------------------------- |
 * | texts, NULL        | itself; an empty one is NULL and ''                                     |
 * | numbers, NULL      | the number that it writes exactly (`42`, `42.0`, `4.2e1`); empty is NULL |
 * | 0 and 1 alone      | the same, and `true` is 1, `false` 0, in whatever case                  |
 * | numbers and texts  | itself, and a number is its plain text                                  |
 *
 * Where it is not sure, it is not the same: `007` is not 7, `1,5` no number, a blob nothing that a CSV
 * file can hold.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { quoteIdentifier } from "~/sql/identifiers.ts";
import type { SqlValue } from "~/warehouse/values.ts";
import { temp } from "./comparison_sql.ts";

/** What a query gives in a column. */
export type ColumnForm = "text" | "number" | "boolean" | "mixed";

const TEXT = 1;
const NUMBER = 2;
const NO_BOOLEAN = 4;

/** Looks through a column for what it holds. */
export function formsOf(
  db: DatabaseSync,
  table: string,
  columns: readonly string[],
): Map<string, ColumnForm> {
  const flags = columns.map((column, i) => {
    const name = quoteIdentifier(column);
    const isNumber = `typeof(${name}) IN ('integer', 'real')`;
    return `max(typeof(${name}) = 'text') + ${NUMBER} * max(${isNumber})
      + ${NO_BOOLEAN} * max(${isNumber} AND ${name} NOT IN (0, 1)) AS c${i}`;
  });
  const row = db.prepare(`SELECT ${flags.join(", ")} FROM ${temp(table)}`).get() ?? {};
  return new Map(columns.map((column, i) => [column, formOf(Number(row[`c${i}`] ?? 0))]));
}

function formOf(flags: number): ColumnForm {
  if (!(flags & NUMBER)) return "text";
  if (flags & TEXT) return "mixed";
  return flags & NO_BOOLEAN ? "number" : "boolean";
}

/** SQL that brings a value of the query to the form in which cells are. */
export function queryFormSql(form: ColumnForm | undefined, value: string): string {
  if (form === undefined || form === "number" || form === "boolean") return `+${value}`;
  if (form === "text") return `coalesce(${value}, '')`;
  // SQLite writes 15 or 17 digits of a REAL. One that is not read back stays a number, which no cell is.
  return `CASE WHEN ${value} IS NULL THEN '' WHEN typeof(${value}) IN ('integer', 'real')
    AND CAST(CAST(${value} AS TEXT) AS NUMERIC) = ${value} THEN CAST(${value} AS TEXT)
    ELSE ${value} END`;
}

/** SQL of what the far side is shown to hold: an empty cell is shown as NULL. */
export function farValueSql(form: ColumnForm | undefined, value: string): string {
  return form === "text" || form === "mixed" ? `nullif(${value}, '')` : value;
}

/** Brings a cell to the form of its column. */
export function readCell(form: ColumnForm, cell: string): SqlValue {
  if (form === "text" || form === "mixed") return cell;
  if (cell === "") return null;
  if (form === "boolean") {
    const word = cell.toLowerCase();
    if (word === "true") return 1;
    if (word === "false") return 0;
  }
  return readNumber(cell) ?? cell;
}

const DECIMAL = /^-?(0|[1-9]\d*)(?:\.(\d+))?(?:[eE][+-]?\d+)?$/;
const LARGEST = 2n ** 63n - 1n;
/** Two decimal numbers of so many digits are never one REAL. */
const SURE_DIGITS = 15;
/** As many are written for a REAL to be read back. */
const MOST_DIGITS = 17;
/** Below it a REAL has fewer digits. */
const SMALLEST_NORMAL = 2 ** -1022;

/** The number that a text writes; `undefined` where it writes none, or one that no value is for sure. */
function readNumber(text: string): number | bigint | undefined {
  const [, whole = "", fraction = ""] = DECIMAL.exec(text) ?? [];
  if (whole === "") return undefined;
  if (/^0*$/.test(fraction) && !/e/i.test(text)) return readInteger(text.split(".", 1)[0] ?? "");
  const number = Number(text);
  const digits = (whole + fraction).replace(/^0+/, "").replace(/0+$/, "").length;
  if (digits === 0) return 0;
  if (!Number.isFinite(number) || Math.abs(number) < SMALLEST_NORMAL) return undefined;
  const isSure = digits <= SURE_DIGITS || (digits <= MOST_DIGITS && !Number.isInteger(number));
  return isSure ? number : undefined;
}

function readInteger(text: string): number | bigint | undefined {
  const integer = BigInt(text);
  if (integer > LARGEST || integer < -LARGEST) return undefined;
  const number = Number(integer);
  return Number.isSafeInteger(number) ? number : integer;
}
