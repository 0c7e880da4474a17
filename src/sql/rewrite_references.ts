/**
 * Puts the tables' real names into a query, so that it runs on a file in which the model
 * `mart.customers` is a table literally named `mart.customers`.
 *
 * | in the query                    | becomes                                       |
 * | ------------------------------- | --------------------------------------------- |
 * | `FROM mart.customers`           | `FROM "mart.customers" AS "customers"`        |
 * | `FROM mart.customers AS c`      | `FROM "mart.customers" AS c`                  |
 * | `x IN mart.customers`           | `x IN "mart.customers"`                       |
 * | `mart.customers.id`             | `"customers".id`                              |
 *
 * No line end is added or removed, so a line that SQLite complains about is the line of the query.
 *
 * @module
 */
import { countLineEnds } from "~/base/text/utf8_text.ts";
import { quoteIdentifier } from "./identifiers.ts";
import { type QueryScan, scanQuery } from "./query_scan.ts";
import { nameSources } from "./source_names.ts";
import type { TableReference } from "./table_references.ts";

/** A piece of the text and what is put in its place. */
interface Edit {
  start: number;
  end: number;
  text: string;
}

/**
 * Rewrites every table that `resolve` knows.
 *
 * @example
 * ```ts
 * import { rewriteTableReferences } from "./rewrite_references.ts";
 * import assert from "node:assert/strict";
 *
 * const sql = rewriteTableReferences(
 *   "SELECT customers.id FROM mart.customers",
 *   ({ schema, table }) => schema === undefined ? undefined : `${schema}.${table}`,
 * );
 * assert.equal(sql, 'SELECT customers.id FROM "mart.customers" AS "customers"');
 * ```
 *
 * @param sql A query; other text comes back with what looks like a table rewritten.
 * @param resolve Gives a table's real name, without quotes; `undefined` leaves the table alone.
 * @param scan Of `sql`, where there is one already.
 */
export function rewriteTableReferences(
  sql: string,
  resolve: (reference: TableReference) => string | undefined,
  scan: QueryScan = scanQuery(sql),
): string {
  const targets = new Map<TableReference, string>();
  for (const table of scan.tables) {
    const target = resolve(table);
    if (target !== undefined) targets.set(table, target);
  }
  if (targets.size === 0) return sql;

  const { aliases, columns } = nameSources(scan, new Set(targets.keys()));
  const edits: Edit[] = [];
  for (const [table, target] of targets) {
    const alias = aliases.get(table);
    const as = alias === undefined ? "" : ` AS ${quoteIdentifier(alias)}`;
    const end = alias === undefined ? table.end : table.aliasEnd ?? table.end;
    edits.push({ start: table.start, end, text: quoteIdentifier(target) + as });
  }
  for (const [{ start, end }, name] of columns) {
    edits.push({ start, end, text: quoteIdentifier(name) });
  }
  return applyEdits(sql, edits);
}

function applyEdits(sql: string, edits: readonly Edit[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const edit of edits.toSorted((a, b) => a.start - b.start)) {
    const lostLines = countLineEnds(sql.slice(edit.start, edit.end)) - countLineEnds(edit.text);
    parts.push(sql.slice(at, edit.start), edit.text, "\n".repeat(Math.max(0, lostLines)));
    at = edit.end;
  }
  parts.push(sql.slice(at));
  return parts.join("");
}
