/**
 * A CSV file as rows with names.
 *
 * @module
 */
import { countOf } from "~/base/text/counts.ts";
import { CsvMistake, CsvParser, type CsvRecord } from "~/base/text/csv_parser.ts";
import type { CsvOptions } from "~/sandbox/guest/api.ts";
import { type Known, modelError } from "~/sandbox/guest/host_error.ts";
import { rowMaker } from "~/sandbox/guest/rows/row_values.ts";

/** A row of a CSV file: all values are texts. */
export type CsvRow = Record<string, string>;

/**
 * Reads rows, one block a piece of text.
 *
 * @throws With file and line, where the text is not CSV.
 */
export async function* readCsv(
  text: AsyncIterable<string>,
  path: string,
  options: CsvOptions = {},
): AsyncGenerator<CsvRow[], void> {
  const rows = new CsvRows(path, options);
  let previous: string | undefined;
  for await (const piece of text) {
    if (previous !== undefined) yield rows.read(previous, false);
    previous = piece;
  }
  yield rows.read(previous ?? "", true);
}

class CsvRows {
  #path: string;
  #parser: CsvParser;
  #columns: readonly string[] | undefined;
  #skipsHeader: boolean;
  #hasHeader: boolean;
  #makeRow: ReturnType<typeof rowMaker> | undefined;

  constructor(path: string, { header, delimiter = ",", columns }: CsvOptions) {
    if (delimiter.length !== 1 || delimiter === '"' || /[\r\n]/.test(delimiter)) {
      throw modelError(`Cannot read CSV with the delimiter ${JSON.stringify(delimiter)}`, {
        hint: 'Give one character other than a quote or a line end, such as ";".',
      });
    }
    this.#path = path;
    this.#parser = new CsvParser(delimiter);
    this.#hasHeader = header ?? columns === undefined;
    this.#skipsHeader = this.#hasHeader && columns !== undefined;
    if (columns) this.#name(columns, undefined);
  }

  read(piece: string, isLast: boolean): CsvRow[] {
    const rows: CsvRow[] = [];
    for (const record of this.#parse(piece, isLast)) {
      if (!this.#columns) this.#begin(record, rows);
      else if (this.#skipsHeader) this.#skipHeader(record);
      else this.#add(record, rows);
    }
    return rows;
  }

  #parse(piece: string, isLast: boolean): CsvRecord[] {
    try {
      return this.#parser.parse(piece, isLast);
    } catch (error) {
      if (error instanceof CsvMistake) throw this.#mistake(error.message, error.line);
      throw error;
    }
  }

  /** The first record gives the names, or at least their number. */
  #begin(record: CsvRecord, rows: CsvRow[]): void {
    if (isBlank(record)) return;
    if (record.fields.some((field) => /\r(?!\n)/.test(field))) {
      throw this.#mistake("its lines end with CR alone", record.line, {
        hint: "Save it with the line ends of Windows or Unix.",
      });
    }
    if (this.#hasHeader) return this.#name(record.fields, record.line);
    this.#name(record.fields.map((_, i) => `column${i + 1}`), record.line);
    this.#add(record, rows);
  }

  #skipHeader(record: CsvRecord): void {
    if (isBlank(record)) return;
    this.#expectFields(record);
    this.#skipsHeader = false;
  }

  #name(columns: readonly string[], line: number | undefined): void {
    columns.forEach((column, i) => {
      if (column === "") throw this.#mistake(`column ${i + 1} has no name`, line);
      const first = columns.indexOf(column);
      if (first === i) return;
      throw this.#mistake(`columns ${first + 1} and ${i + 1} are both named "${column}"`, line);
    });
    this.#columns = columns;
    this.#makeRow = rowMaker(columns);
  }

  #add(record: CsvRecord, rows: CsvRow[]): void {
    const width = this.#columns?.length;
    if (width !== 1 && isBlank(record)) return;
    if (record.fields.length !== width) this.#expectFields(record);
    if (this.#makeRow) rows.push(this.#makeRow(record.fields, 0) as CsvRow);
  }

  #expectFields({ fields, line }: CsvRecord): void {
    const width = this.#columns?.length ?? 0;
    if (fields.length === width) return;
    const other = /[;\t|]/.exec(width === 1 ? this.#columns?.[0] ?? "" : "")?.[0];
    throw this.#mistake(`the row has ${countOf(fields.length, "field")}, and not ${width}`, line, {
      hint: other && `Is it another delimiter? csv({ delimiter: ${JSON.stringify(other)} })`,
    });
  }

  #mistake(what: string, line: number | undefined, about: Pick<Known, "hint"> = {}): Error {
    return modelError(`Cannot read ${this.#path}: ${what}`, {
      at: { path: this.#path, ...(line !== undefined && { line }) },
      ...about,
    });
  }
}

function isBlank({ fields }: CsvRecord): boolean {
  return fields.length === 1 && fields[0] === "";
}
