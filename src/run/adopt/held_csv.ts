/**
 * Reads a CSV file of what the far side holds, as its export gives it: the delimiter is found out, names
 * of columns are taken whatever their case, columns that the query does not have are passed over.
 *
 * @module
 */
import { messageOf } from "~/base/message_of.ts";
import { closestWord } from "~/base/text/closest_word.ts";
import { countOf } from "~/base/text/counts.ts";
import { CsvMistake, CsvParser, type CsvRecord } from "~/base/text/csv_parser.ts";
import { isSameName } from "~/base/text/same_name.ts";
import { NotUtf8, Utf8Text } from "~/base/text/utf8_text.ts";
import { UserError } from "~/base/user_error.ts";
import type { Model } from "~/model/model.ts";

/** A file, as it is named in messages and where it is. */
export interface HeldFile {
  name: string;
  path: string;
}

/** What a file's first row says. */
export interface HeldHeader {
  delimiter: string;
  columns: readonly string[];
}

const DELIMITERS = [",", ";", "\t"];
/**
 * Rows are made of a piece at a time: memory for some hundreds of them. Of larger pieces more outlives a look
 * for garbage, and piles up: with eight times as much, a million rows took 27 MB more, and as long.
 */
const PIECE_BYTES = 1 << 15;

/**
 * Reads the first row.
 *
 * @throws {UserError} The file cannot be read, is not CSV, names a column twice or lacks one of the key.
 */
export function readHeldHeader(file: HeldFile, model: Model): HeldHeader {
  const { uniqueKey = [] } = model.directives;
  let first: CsvRecord | undefined;
  for (const delimiter of DELIMITERS) {
    const [found] = recordsOf(file, delimiter);
    if (found === undefined) throw cannotRead(file, "it is empty");
    first ??= found[0];
    const columns = found[0]?.fields ?? [];
    if (uniqueKey.some((key) => !columns.some((column) => isSameName(column, key)))) continue;
    refuseBadNames(file, columns, found[0]?.line ?? 1);
    return { delimiter, columns };
  }
  const { fields = [], line = 1 } = first ?? {};
  const key = uniqueKey.find((each) => !fields.some((column) => isSameName(column, each))) ?? "";
  const near = closestWord(key, fields);
  throw cannotRead(file, `it has no column "${key}", the unique key of ${model.name}`, line, {
    details: [`columns = ${fields.slice(0, SHOWN).join(", ").slice(0, 200)}`],
    hint: near === undefined
      ? `Name the columns in the file's first row as the query names them`
      : `Name the column "${near}" of the file "${key}"`,
  });
}

const SHOWN = 20;

/** All records after the first row, some at a time; blank lines are passed over. */
export function* readHeldRecords(
  file: HeldFile,
  { delimiter, columns }: HeldHeader,
): Generator<readonly CsvRecord[]> {
  let isFirst = true;
  for (const records of recordsOf(file, delimiter)) {
    const rows = isFirst ? records.slice(1) : records;
    isFirst = false;
    for (const { fields, line } of rows) {
      if (fields.length === columns.length) continue;
      throw cannotRead(
        file,
        `the row has ${countOf(fields.length, "field")}, and not ${columns.length}`,
        line,
      );
    }
    yield rows;
  }
}

/** Never an empty piece. */
function* recordsOf(file: HeldFile, delimiter: string): Generator<CsvRecord[]> {
  const parser = new CsvParser(delimiter);
  let text: string | undefined;
  for (const next of textOf(file)) {
    if (text !== undefined) yield* parsed(parser, text, false, file);
    text = next;
  }
  yield* parsed(parser, text ?? "", true, file);
}

function* parsed(
  parser: CsvParser,
  text: string,
  isLast: boolean,
  file: HeldFile,
): Generator<CsvRecord[]> {
  let records: CsvRecord[];
  try {
    records = parser.parse(text, isLast);
  } catch (error) {
    throw error instanceof CsvMistake ? cannotRead(file, error.message, error.line) : error;
  }
  const rows = records.filter(({ fields }) => fields.length > 1 || fields[0] !== "");
  if (rows.length > 0) yield rows;
}

function* textOf(file: HeldFile): Generator<string> {
  using opened = open(file);
  const utf8 = new Utf8Text();
  const piece = new Uint8Array(PIECE_BYTES);
  let line = 1;
  try {
    for (let size = read(opened, piece, file); size > 0; size = read(opened, piece, file)) {
      const text = utf8.read(piece.subarray(0, size));
      // SQLite would end the text there, and two that differ behind it would be one.
      const nul = text.indexOf("\0");
      if (nul >= 0) {
        line += text.slice(0, nul).split("\n").length - 1;
        throw cannotRead(file, "it is not text: it has a NUL character", line, NOT_TEXT);
      }
      line += text.split("\n").length - 1;
      yield text;
    }
    utf8.end();
  } catch (error) {
    if (!(error instanceof NotUtf8)) throw error;
    throw cannotRead(file, "it is not UTF-8 text", error.line, NOT_TEXT);
  }
}

const NOT_TEXT = { hint: "Export it as CSV in UTF-8" };

function read(opened: Deno.FsFile, piece: Uint8Array, file: HeldFile): number {
  try {
    return opened.readSync(piece) ?? 0;
  } catch (error) {
    throw cannotRead(file, messageOf(error));
  }
}

function open(file: HeldFile): Deno.FsFile {
  try {
    if (!Deno.statSync(file.path).isFile) throw cannotRead(file, "it is not a file");
    return Deno.openSync(file.path);
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (!(error instanceof Deno.errors.NotFound)) {
      throw cannotRead(file, messageOf(error));
    }
    throw new UserError(`Cannot read ${file.name}: there is no such file`, {
      hint: `Name a CSV file after --held, relative to the folder in which you are`,
      exitCode: 2,
    });
  }
}

/** SQLite takes names that differ in case only for one. */
function refuseBadNames(file: HeldFile, columns: readonly string[], line: number): void {
  for (const [index, column] of columns.entries()) {
    const first = columns.findIndex((each) => isSameName(each, column));
    if (first === index || column === "") continue;
    const names = columns[first] === column
      ? `both named "${column}"`
      : `named "${columns[first]}" and "${column}", which is one name`;
    throw cannotRead(file, `columns ${first + 1} and ${index + 1} are ${names}`, line);
  }
}

function cannotRead(
  file: HeldFile,
  why: string,
  line?: number,
  more: { hint?: string; details?: readonly string[] } = {},
): UserError {
  return new UserError(`Cannot read ${file.name}: ${why}`, {
    at: { path: file.name, ...(line !== undefined && { line }) },
    ...more,
  });
}
