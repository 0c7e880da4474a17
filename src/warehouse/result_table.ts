/**
 * Gathers the rows of a query in a temporary table, before they are read.
 *
 * `iterate()` of `node:sqlite` ends without a word where SQLite fails midway (tried on Deno 2.6 and 2.9), and rows
 * would be lost; what fails here throws.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { columnList, temp } from "~/sql/identifiers.ts";
import { type SqlValue, toBound } from "./values.ts";

/**
 * See the module's comment.
 *
 * @param columns As many as the query has, in its order.
 * @throws {Error} SQLite's own words.
 */
export function createResultTable(
  db: DatabaseSync,
  table: string,
  columns: readonly string[],
  select: string,
  params: readonly SqlValue[],
): void {
  // Without types, so that every value is kept as it is.
  db.exec(`CREATE TEMP TABLE ${temp(table)} (${columnList(columns)})`);
  db.prepare(`INSERT INTO ${temp(table)} ${select}`).run(...params.map(toBound));
}
