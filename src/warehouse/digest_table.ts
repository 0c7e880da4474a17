/**
 * One text for what a table holds: two tables with the same rows have the same, in whatever order.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { contentDigest } from "~/base/content_digest.ts";
import { toHex } from "~/base/hex.ts";
import { quoteIdentifier } from "~/sql/identifiers.ts";
import { prepareArrayRows } from "./array_rows.ts";
import { findTableType } from "./tables.ts";

const MODULUS = 1n << 128n;

/** `undefined`: there is no such table. */
export function digestTable(db: DatabaseSync, table: string): string | undefined {
  if (findTableType(db, table) === undefined) return undefined;
  let sum = 0n;
  const statement = prepareArrayRows(db, `SELECT * FROM ${quoteIdentifier(table)}`);
  for (const row of statement.iterate()) {
    const digest = contentDigest(JSON.stringify(row.map(toText)));
    sum = (sum + BigInt(`0x${digest}`)) % MODULUS;
  }
  const columns = contentDigest(
    JSON.stringify(statement.columns().map(({ name }) => name)),
  );
  return columns.slice(0, 8) + sum.toString(16).padStart(32, "0");
}

/** Each type by its own letter; 1 and 1.0 are the same number. */
function toText(value: unknown): string | null {
  if (value === null) return null;
  if (value instanceof Uint8Array) return `x${toHex(value)}`;
  return typeof value === "string" ? `t${value}` : `n${value}`;
}
