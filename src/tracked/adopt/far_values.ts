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
import { piecesOf } from "~/base/lists/pieces.ts";
import { quoteIdentifier, temp } from "~/sql/identifiers.ts";
import type { SqlValue } from "~/warehouse/values.ts";

/** What a query gives in a column. */
export type ColumnForm = "text" | "number" | "boolean" | "mixed";

/** What columns of a query hold. */
export interface QueryForms {
  forms: ReadonlyMap<string, ColumnForm>;
  /** Columns that hold bytes, which no cell is. */
  withBytes: readonly string[];
}

/**
 * Looks through columns for what they hold. SQLite puts numbers before texts and texts before bytes, so that
 * the least and the greatest value mostly tell.
 */
export function formsOf(
  db: DatabaseSync,
  table: string,
  columns: readonly string[],
): QueryForms {
  const ends = piecesOf(columns, COLUMNS_AT_ONCE).flatMap((some) => endsOf(db, table, some));
  const withBytes = columns.filter((_, i) => ends[i]?.high instanceof Uint8Array);
  const forms = columns.map((column, i): [string, ColumnForm] => {
    const isThere = (condition: string) =>
      db.prepare(
        `SELECT 1 FROM ${temp(table)} WHERE ${condition.replaceAll("?", quoteIdentifier(column))}
         LIMIT 1`,
      ).get() !== undefined;
    return [column, formOf(ends[i]?.low, ends[i]?.high, isThere)];
  });
  return { forms: new Map(forms), withBytes };
}

/** The least and the greatest value of a column. */
interface ColumnEnds {
  low: unknown;
  high: unknown;
}

/** A SELECT gives 2,000 values at most (https://www.sqlite.org/limits.html#max_column). */
const COLUMNS_AT_ONCE = 500;

function endsOf(db: DatabaseSync, table: string, columns: readonly string[]): ColumnEnds[] {
  const ends = columns.map(quoteIdentifier).flatMap((name, i) => [
    `min(${name}) AS low${i}`,
    `max(${name}) AS high${i}`,
  ]);
  const statement = db.prepare(`SELECT ${ends.join(", ")} FROM ${temp(table)}`);
  statement.setReadBigInts(true);
  const row = statement.get() ?? {};
  return columns.map((_, i) => ({ low: row[`low${i}`], high: row[`high${i}`] }));
}

function formOf(
  low: unknown,
  high: unknown,
  isThere: (condition: string) => boolean,
): ColumnForm {
  const isNumber = (value: unknown) => typeof value === "number" || typeof value === "bigint";
  if (!isNumber(low)) return "text";
  const hasTexts = typeof high === "string" ||
    (high instanceof Uint8Array && isThere("typeof(?) = 'text'"));
  if (hasTexts) return "mixed";
  const isBoolean = Number(low) >= 0 && (!isNumber(high) || Number(high) <= 1) &&
    !isThere("typeof(?) <> 'blob' AND ? NOT IN (0, 1)");
  return isBoolean ? "boolean" : "number";
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
