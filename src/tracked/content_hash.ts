/**
 * The content hash of a group: what `_content_hash` holds.
 *
 * It covers every column's name, storage class and value, and depends on the order of neither
 * columns nor rows. Text carries its length, so that no characters can move between columns
 * unseen. NULL, '' and 0 differ; 1 and 1.0 are the same number, as SQLite compares them.
 *
 * The hash names a content, it does not decide: change detection itself compares values.
 *
 * @module
 */
import { contentDigest } from "~/base/content_digest.ts";
import { compareText } from "~/base/text/compare_text.ts";
import type { SqlValue } from "~/warehouse/values.ts";

/** The column of a target that has it. */
export const CONTENT_HASH = "_content_hash";

/** Version of the scheme, in front of every hash; a later scheme can tell old hashes by it. */
export const HASH_VERSION = "1";

/** Hashes groups that share their columns. */
export class GroupHasher {
  /** Column indexes in the order of their names. */
  readonly #order: readonly number[];
  readonly #names: readonly string[];

  constructor(columns: readonly string[]) {
    this.#order = columns.map((_, index) => index).sort((a, b) =>
      compareText(columns[a] ?? "", columns[b] ?? "")
    );
    this.#names = this.#order.map((index) => encodeText(columns[index] ?? ""));
  }

  /**
   * @param values The group's rows, one after the other, columns as given to the constructor.
   * @returns `1:` and 32 hexadecimal digits.
   */
  hash(values: readonly SqlValue[]): string {
    const width = this.#order.length;
    const rows: string[] = [];
    for (let start = 0; start < values.length; start += width) rows.push(this.#row(values, start));
    const text = rows.length === 1
      ? (rows[0] ?? "")
      : rows.sort(compareText).map(encodeText).join("");
    return `${HASH_VERSION}:${contentDigest(text)}`;
  }

  #row(values: readonly SqlValue[], start: number): string {
    let text = "";
    for (let i = 0; i < this.#order.length; i++) {
      text += this.#names[i] + encodeValue(values[start + (this.#order[i] ?? 0)] ?? null);
    }
    return text;
  }
}

function encodeText(text: string): string {
  return `${text.length}:${text}`;
}

function encodeValue(value: SqlValue): string {
  if (value === null) return "n;";
  if (typeof value === "string") return `t${encodeText(value)}`;
  if (typeof value === "bigint") return `d${value};`;
  if (typeof value === "number") return encodeNumber(value);
  return `b${encodeText(value.toHex())}`;
}

/** Whole numbers as integers: 2.0 and 2 are one value, and so are 1e300 and itself only. */
function encodeNumber(value: number): string {
  if (Number.isSafeInteger(value)) return `d${value};`;
  return Number.isInteger(value) ? `d${BigInt(value)};` : `r${value};`;
}
