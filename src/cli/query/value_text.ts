/**
 * One SQL value as text, for each format.
 *
 * @module
 */
import { visibleLine } from "~/cli/output/visible_text.ts";
import type { SqlValue } from "~/warehouse/values.ts";

/** For a table that a person reads; NULL is an empty text here, its cell says so otherwise. */
export function toCellText(value: SqlValue): string {
  if (value === null) return "NULL";
  if (value instanceof Uint8Array) return `x'${value.toHex()}'`;
  return visibleLine(String(value));
}

/** For a field of CSV (RFC 4180): quoted where it must be. NULL is empty, '' is `""`. */
export function toCsvField(value: SqlValue): string {
  if (value === null) return "";
  const text = value instanceof Uint8Array ? value.toHex() : String(value);
  return text === "" || /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * For a cell of a Markdown table: what would end the cell, escape what comes after it or be HTML is shown.
 * https://github.github.com/gfm/#tables-extension-
 */
export function toMarkdownCell(value: SqlValue): string {
  return toCellText(value).replace(/[\\|]/g, "\\$&").replaceAll("&", "&amp;").replaceAll(
    "<",
    "&lt;",
  );
}

/** A value as JSON text: integers past 2^53 keep their digits, bytes are hexadecimal text. */
export function toJsonText(value: SqlValue): string {
  if (typeof value === "bigint") return String(value);
  if (value instanceof Uint8Array) return JSON.stringify(value.toHex());
  // JSON has no Infinity; SQLite itself writes it like this.
  if (value === Infinity || value === -Infinity) return value > 0 ? "9e999" : "-9e999";
  return JSON.stringify(value);
}
