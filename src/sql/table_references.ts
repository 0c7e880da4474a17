/**
 * Which tables a query reads, and where they stand in its text.
 *
 * @module
 */
import { foldName } from "~/base/text/same_name.ts";
import { scanQuery } from "./query_scan.ts";

/** One place where a query reads a table. */
export interface TableReference {
  /** As written, quotes taken off; absent where the name has no schema. */
  schema?: string;
  /** As written, quotes taken off. */
  table: string;
  /** UTF-16 offsets of the name, its schema included, without the alias. */
  start: number;
  end: number;
  /** The name that the query gives to the table, quotes taken off. */
  alias?: string;
  /** UTF-16 offset after the alias. */
  aliasEnd?: number;
}

/**
 * Finds every table that a query reads, in the order of the text, each time that it does.
 *
 * Looks into FROM, all joins, `x IN table`, subqueries, common table expressions and compound
 * selects. Not reported are names of common table expressions where they are in scope, and
 * table-valued functions such as `json_each(…)`. Of SQL that is not a query or has syntax errors
 * it reports what it can make out; it never throws.
 *
 * @example
 * ```ts
 * import { findTableReferences } from "./table_references.ts";
 * import assert from "node:assert/strict";
 *
 * const [read] = findTableReferences("SELECT * FROM mart.customers AS c");
 * assert.deepEqual(read, {
 *   schema: "mart", table: "customers", start: 14, end: 28, alias: "c", aliasEnd: 33,
 * });
 * ```
 */
export function findTableReferences(sql: string): TableReference[] {
  return scanQuery(sql).tables;
}

/** The table's name in the SQLite file: `mart.customers`. `main` is the file itself, and no part of it. */
export function tableInFile(reference: TableReference): string {
  return renamedInFile(reference) ?? reference.table;
}

/** The same where it has to be put into the query, as the schema is a part of it. */
export function renamedInFile({ schema, table }: TableReference): string | undefined {
  return schema === undefined || foldName(schema) === "main" ? undefined : `${schema}.${table}`;
}
