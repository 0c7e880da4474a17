/**
 * Takes out of a comparison what is not to be delivered now: groups that are parked, or whose last
 * request is for a person to settle.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { GroupNow } from "~/delivery/earlier_try.ts";
import { quoteIdentifier } from "~/sql/identifiers.ts";
import { acceptedTableName } from "~/tracked/accept/accepted_table.ts";
import { GroupHasher } from "~/tracked/content_hash.ts";
import { encodeGroupKey } from "~/tracked/group_key.ts";
import { prepareArrayRows, readRow } from "~/warehouse/array_rows.ts";
import type { SqlValue } from "~/warehouse/values.ts";
import { type Comparison, keysAreEqual, temp } from "./comparison_sql.ts";
import { createKeyTable, fillKeyTable } from "./key_table.ts";

/** A group that may have to be held back. */
export interface HoldCandidate {
  key: readonly SqlValue[];
  isHeld(now: GroupNow): boolean;
  /** It was refused for good, or failed too often; else its last request is to be settled. */
  isParked?: boolean;
}

/** What was held back. */
export interface HeldBack {
  /** Groups. */
  groups: number;
  /** Those of them that are parked. */
  parked: number;
  /** Those of them that were accepted before. */
  accepted: number;
  /** Those of them that the query gives. */
  present: number;
  /** Their keys. */
  keys: readonly (readonly SqlValue[])[];
  /** Keys of candidates that are not held and not among the changes: what is known of them is over. */
  absent: readonly (readonly SqlValue[])[];
}

/** Call when the tables of the comparison are filled, before they are put into order. */
export function holdBack(
  db: DatabaseSync,
  c: Comparison,
  candidates: readonly HoldCandidate[],
): HeldBack {
  const none = { groups: 0, parked: 0, accepted: 0, present: 0, keys: [], absent: [] };
  if (candidates.length === 0) return none;
  const table = `${c.rowsTable}.held`;
  createKeyTable(db, c.uniqueKey, table, candidates.map(({ key }) => key));
  const hashes = hashesOf(db, c, table);
  const removed = removedAmong(db, c, table);
  const nows = candidates.map(({ key }): GroupNow => {
    const text = encodeGroupKey(key);
    const hash = hashes.get(text);
    if (hash !== undefined) return { hash };
    return removed.has(text) ? "removed" : "absent";
  });
  const isHeld = candidates.map((candidate, i) => candidate.isHeld(nows[i] ?? "absent"));
  const absent = candidates.filter((_, i) => nows[i] === "absent" && !isHeld[i])
    .map(({ key }) => key);
  const held = candidates.filter((_, i) => isHeld[i]);
  if (held.length === 0) {
    db.exec(`DROP TABLE ${temp(table)}`);
    return { ...none, absent };
  }
  db.exec(`DELETE FROM ${temp(table)}`);
  const keys = held.map(({ key }) => key);
  fillKeyTable(db, c.uniqueKey, table, keys);
  takeOut(db, c, table);
  const accepted = countAccepted(db, c, table);
  db.exec(`DROP TABLE ${temp(table)}`);
  const present = nows.filter((now, i) => isHeld[i] && typeof now === "object").length;
  const parked = held.filter(({ isParked }) => isParked).length;
  return { groups: held.length, parked, accepted, present, keys, absent };
}

function takeOut(db: DatabaseSync, c: Comparison, held: string): void {
  const keys = c.uniqueKey.map(quoteIdentifier).join(", ");
  for (const table of [c.rowsTable, c.keysTable, c.removedTable, c.forcedTable]) {
    db.exec(`DELETE FROM ${temp(table)} WHERE (${keys}) IN (SELECT ${keys} FROM ${temp(held)})`);
  }
  closeGaps(db, c);
}

/** Groups are told by the places of their rows, which are counted from 1 without a gap. */
function closeGaps(db: DatabaseSync, c: Comparison): void {
  const dense = `${c.rowsTable}.dense`;
  const columns = c.columns.map(quoteIdentifier).join(", ");
  db.exec(
    `CREATE TEMP TABLE ${quoteIdentifier(dense)} (${columns});
     INSERT INTO ${temp(dense)} SELECT * FROM ${temp(c.rowsTable)} ORDER BY ${c.place};
     DROP TABLE ${temp(c.rowsTable)};
     ALTER TABLE ${temp(dense)} RENAME TO ${quoteIdentifier(c.rowsTable)}`,
  );
}

function countAccepted(db: DatabaseSync, c: Comparison, held: string): number {
  const accepted = quoteIdentifier(acceptedTableName(c.model));
  const row = db.prepare(
    `SELECT count(*) AS n FROM ${temp(held)} AS h
     WHERE EXISTS (SELECT 1 FROM ${accepted} AS a WHERE ${keysAreEqual(c.uniqueKey, "a", "h")})`,
  ).get();
  return Number(row?.n);
}

function removedAmong(db: DatabaseSync, c: Comparison, table: string): Set<string> {
  const keys = c.uniqueKey.map((key) => `r.${quoteIdentifier(key)}`).join(", ");
  const rows = prepareArrayRows(
    db,
    `SELECT ${keys} FROM ${temp(c.removedTable)} AS r JOIN ${temp(table)} AS h
     ON ${keysAreEqual(c.uniqueKey, "h", "r")}`,
  ).all();
  return new Set(rows.map((key) => encodeGroupKey(readRow(key))));
}

/** The content hashes of those candidates that are among the changed rows, by their keys as text. */
function hashesOf(db: DatabaseSync, c: Comparison, table: string): Map<string, string> {
  const rows = prepareArrayRows(
    db,
    `SELECT r.* FROM ${temp(c.rowsTable)} AS r JOIN ${temp(table)} AS h
     ON ${keysAreEqual(c.uniqueKey, "h", "r")}`,
  ).all().map(readRow);
  const indexes = c.uniqueKey.map((key) => c.columns.findIndex((column) => isSame(column, key)));
  const groups = Map.groupBy(
    rows,
    (row) => encodeGroupKey(indexes.map((index) => row[index] ?? null)),
  );
  const hasher = new GroupHasher(c.columns);
  return new Map([...groups].map(([key, own]) => [key, hasher.hash(own.flat())]));
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
