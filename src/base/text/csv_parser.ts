/**
 * CSV as RFC 4180 has it, from text that comes in pieces: quotes, quotes in quotes, line ends in
 * quotes, `\r\n` or `\n`, any of it cut in two by the end of a piece.
 *
 * An own parser, because a general one tells the row of a mistake but not its line, repairs what
 * should be an error, and would have to be loaded in a guest that can load nothing. Its tests
 * hold it against papaparse.
 *
 * @module
 */
import { countLineEnds } from "./utf8_text.ts";

/** One record, and the line on which it begins. */
export interface CsvRecord {
  fields: string[];
  line: number;
}

/** Where a text is not CSV. */
export class CsvMistake extends Error {
  constructor(message: string, readonly line: number) {
    super(message);
  }
}

/** A quote that is never closed would otherwise take the rest of a large file into memory. */
const MAX_RECORD = 64 << 20;

/** See the module's comment. */
export class CsvParser {
  #delimiter: string;
  #rest = "";
  #line = 1;

  constructor(delimiter = ",") {
    this.#delimiter = delimiter;
  }

  /**
   * Takes the next piece of the text.
   *
   * @param isLast True for the last piece: a record need not end with a line end then.
   * @returns The records that are complete.
   * @throws {CsvMistake}
   */
  parse(piece: string, isLast: boolean): CsvRecord[] {
    const scan = new Scan(this.#rest + piece, this.#delimiter, this.#line, isLast);
    const records: CsvRecord[] = [];
    for (let record = scan.next(); record; record = scan.next()) records.push(record);
    this.#rest = scan.rest();
    this.#line = scan.line;
    if (this.#rest.length > MAX_RECORD) {
      throw new CsvMistake("the row is longer than 64 MB: a quote may not be closed", this.#line);
    }
    return records;
  }
}

/** One pass over a text; finds the next delimiter and line end once and not for every field. */
class Scan {
  #text: string;
  #delimiter: string;
  #isLast: boolean;
  #at = 0;
  #nextDelimiter = -1;
  #nextLineEnd = -1;

  constructor(text: string, delimiter: string, public line: number, isLast: boolean) {
    this.#text = text;
    this.#delimiter = delimiter;
    this.#isLast = isLast;
  }

  /** What does not yet make a record. */
  rest(): string {
    return this.#text.slice(this.#at);
  }

  /** The next record; undefined when the text holds no further whole one. */
  next(): CsvRecord | undefined {
    const start = this.#at;
    if (start >= this.#text.length) return undefined;
    const fields: string[] = [];
    const record = { fields, line: this.line };
    let lines = 0;
    for (let more = true; more;) {
      if (this.#text.charCodeAt(this.#at) === 0x22) {
        const quoted = this.#quotedField(record.line + lines);
        if (!quoted) return this.#backTo(start);
        fields.push(quoted.value);
        if (quoted.hasLineEnds) lines += countLineEnds(quoted.value);
        more = quoted.more;
      } else {
        this.#findNext();
        const end = Math.min(this.#nextDelimiter, this.#nextLineEnd);
        if (end === Infinity && !this.#isLast) return this.#backTo(start);
        more = this.#nextDelimiter < this.#nextLineEnd;
        fields.push(this.#plainField(end, more));
      }
    }
    this.line += lines + 1;
    return record;
  }

  #backTo(start: number): undefined {
    this.#at = start;
    return undefined;
  }

  #findNext(): void {
    if (this.#nextDelimiter < this.#at) {
      const found = this.#text.indexOf(this.#delimiter, this.#at);
      this.#nextDelimiter = found === -1 ? Infinity : found;
    }
    if (this.#nextLineEnd < this.#at) {
      const found = this.#text.indexOf("\n", this.#at);
      this.#nextLineEnd = found === -1 ? Infinity : found;
    }
  }

  #plainField(found: number, more: boolean): string {
    const text = this.#text;
    const start = this.#at;
    let end = Math.min(found, text.length);
    this.#at = end + 1;
    if (!more && end > start && text.charCodeAt(end - 1) === 0x0d) end--;
    return text.slice(start, end);
  }

  #quotedField(line: number): { value: string; hasLineEnds: boolean; more: boolean } | undefined {
    const text = this.#text;
    const start = this.#at + 1;
    let close = text.indexOf('"', start);
    let hasQuotes = false;
    while (close !== -1 && text.charCodeAt(close + 1) === 0x22) {
      hasQuotes = true;
      close = text.indexOf('"', close + 2);
    }
    if (close === -1) {
      if (this.#isLast) throw new CsvMistake("a quote is not closed", line);
      return undefined;
    }
    const after = this.#afterQuote(close + 1, line);
    if (!after) return undefined;
    const raw = text.slice(start, close);
    this.#at = after.at;
    return {
      value: hasQuotes ? raw.replaceAll('""', '"') : raw,
      hasLineEnds: raw.includes("\n"),
      more: after.more,
    };
  }

  /** What follows a closing quote: a delimiter, or the record's end. */
  #afterQuote(at: number, line: number): { at: number; more: boolean } | undefined {
    const text = this.#text;
    if (at >= text.length) return this.#isLast ? { at, more: false } : undefined;
    if (text[at] === this.#delimiter) return { at: at + 1, more: true };
    if (text[at] === "\n") return { at: at + 1, more: false };
    if (text[at] === "\r") {
      if (at + 1 >= text.length) return this.#isLast ? { at: at + 1, more: false } : undefined;
      if (text[at + 1] === "\n") return { at: at + 2, more: false };
    }
    const closedOn = line + countLineEnds(text.slice(this.#at, at));
    throw new CsvMistake(
      `text follows a closing quote: ${JSON.stringify(text.slice(at, at + 20))}`,
      closedOn,
    );
  }
}
