/**
 * One text for what a table holds: two tables with the same rows have the same, in whatever order.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { contentDigest } from "~/base/content_digest.ts";
import { quoteIdentifier } from "~/sql/identifiers.ts";
import { columnsOf, findTableType } from "./tables.ts";
import { WholeRows } from "./whole_rows.ts";

const MODULUS = 1n << 128n;

/** `undefined`: there is no such table. */
export function digestTable(db: DatabaseSync, table: string): string | undefined {
  if (findTableType(db, table) === undefined) return undefined;
  let sum = 0n;
  const names = columnsOf(db, table);
  const rows = new WholeRows(db, names.map(quoteIdentifier), `FROM ${quoteIdentifier(table)}`);
  for (const row of rows.iterate()) {
    const digest = contentDigest(JSON.stringify(row.map(toText)));
    sum = (sum + BigInt(`0x${digest}`)) % MODULUS;
  }
  const columns = contentDigest(JSON.stringify(names));
  return columns.slice(0, 8) + sum.toString(16).padStart(32, "0");
}

/** Each type by its own letter; 1 and 1.0 are the same number. */
function toText(value: unknown): string | null {
  if (value === null) return null;
  if (value instanceof Uint8Array) return `x${value.toHex()}`;
  return typeof value === "string" ? `t${value}` : `n${value}`;
}
