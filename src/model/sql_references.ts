/**
 * From the SQL of a model to the tables it reads, with the place of each.
 *
 * @module
 */
import { foldName } from "~/base/text/same_name.ts";
import { findTableReferences, tableInFile, type TableReference } from "~/sql/table_references.ts";
import { lineInFile, positionFinder } from "~/base/text/text_position.ts";
import type { Reference } from "./model.ts";

/** References by folded name: each table once, the first place where it is read. */
export type ReferenceMap = Map<string, Reference>;

/** A table that a query reads, and the line of the query, from 1, where it first does. */
export interface TableRead {
  table: string;
  line: number;
}

/**
 * Finds the tables that a query reads, each once.
 *
 * @param found All of `sql`, where they are known already.
 */
export function findTablesRead(
  sql: string,
  found: readonly TableReference[] = findTableReferences(sql),
): TableRead[] {
  if (found.length === 0) return [];
  const positionOf = positionFinder(sql);
  const reads = new Map<string, TableRead>();
  for (const reference of found) {
    const table = tableInFile(reference);
    const key = foldName(table);
    if (reads.has(key)) continue;
    reads.set(key, { table, line: positionOf(reference.start).line });
  }
  return [...reads.values()];
}

/**
 * Adds a table that a query reads, unless it is known already.
 *
 * @param path File that the query stands in.
 * @param firstLine Line of that file on which the query begins, counted from 1.
 * @param lines Where each of its lines stands, unless they follow each other.
 */
export function addTable(
  references: ReferenceMap,
  { table, line }: TableRead,
  path: string,
  firstLine: number,
  lines?: readonly number[],
): void {
  const key = foldName(table);
  if (references.has(key)) return;
  references.set(key, { table, at: { path, line: lineInFile(line, firstLine, lines) } });
}

/** Adds the models that `@depends_on` names and that the text does not show. */
export function addDeclaredReferences(
  references: ReferenceMap,
  names: readonly string[],
  path: string,
  line: number | undefined,
): void {
  for (const table of names) {
    const key = foldName(table);
    if (references.has(key)) continue;
    references.set(key, { table, at: { path, ...(line && { line }) }, declared: true });
  }
}
