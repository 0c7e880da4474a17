/**
 * Names in SQL: quoting, reading, and which of them a model may have.
 *
 * @module
 */
import { foldName } from "~/base/text/same_name.ts";

/** The two parts of a model's name. */
export interface ModelNameParts {
  schema: string;
  name: string;
}

/** Schemas that no model may be in: Spoor's own and SQLite's. Names that begin with `sqlite` too. */
const RESERVED_SCHEMAS: readonly string[] = ["spoor", "main", "temp"];

/** Puts a name in double quotes, whatever is in it. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The name of a temporary table, which no table of the file can stand for: `temp."name"`. */
export function temp(name: string): string {
  return `temp.${quoteIdentifier(name)}`;
}

/** Columns as SQL lists them: `"id", "name"`; those of a table, by its alias: `r."id", r."name"`. */
export function columnList(columns: readonly string[], table?: string): string {
  const of = table === undefined ? "" : `${table}.`;
  return columns.map((column) => of + quoteIdentifier(column)).join(", ");
}

/**
 * Takes the quotes off a name as it was written: `"…"`, `` `…` ``, `[…]` or `'…'`.
 *
 * A name without quotes is returned as it is; a missing closing quote does no harm.
 */
export function unquoteIdentifier(text: string): string {
  const open = text.charAt(0);
  if (open === "[") return text.slice(1, text.endsWith("]") ? -1 : undefined);
  if (open !== '"' && open !== "`" && open !== "'") return text;
  const closed = text.length > 1 && text.endsWith(open);
  return text.slice(1, closed ? -1 : undefined).replaceAll(open + open, open);
}

/** Whether a name needs no quotes for its letters: ASCII letters, digits and `_`, no digit first. */
export function isPlainIdentifier(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

/** Reads `schema.name`; `undefined` when it is not two plain identifiers with one dot. */
export function parseModelName(text: string): ModelNameParts | undefined {
  const [schema, name, ...more] = text.split(".");
  if (schema === undefined || name === undefined || more.length > 0) return undefined;
  return isPlainIdentifier(schema) && isPlainIdentifier(name) ? { schema, name } : undefined;
}

/** Whether a model can have this name: files and folders that begin with `_` are none. */
export function canBeModel(text: string): boolean {
  const parts = parseModelName(text);
  return parts !== undefined && !isReservedSchema(parts.schema) &&
    !parts.schema.startsWith("_") && !parts.name.startsWith("_");
}

/** Whether models must keep out of this schema. */
export function isReservedSchema(schema: string): boolean {
  const folded = foldName(schema);
  return RESERVED_SCHEMAS.includes(folded) || folded.startsWith("sqlite");
}
