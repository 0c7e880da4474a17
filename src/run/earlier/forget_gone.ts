/**
 * What the ledger knows of groups that left the query, or that are what was accepted: it is over when a delivery
 * begins.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { isForced } from "~/delivery/earlier_try.ts";
import type { OnRemoved } from "~/model/model.ts";
import type { Records } from "~/run/deliver/no_records.ts";
import { columnList, temp } from "~/sql/identifiers.ts";
import type { LedgerReader } from "~/store/changes/ledger.ts";
import { forgetRemoved } from "~/tracked/accept/accept_all.ts";
import type { FormerGroups } from "~/tracked/accept/former_groups.ts";
import { type Comparison, triedButUnchangedSql } from "~/tracked/compare/comparison_sql.ts";
import type { ChangeSet } from "~/tracked/compare/find_changes.ts";
import { decodeGroupKey, encodeGroupKey } from "~/tracked/group_key.ts";
import { prepareArrayRows, readRow } from "~/warehouse/statements/array_rows.ts";

/** What it is decided by. */
export interface GoneContext {
  db: DatabaseSync;
  /** `@on_removed` */
  onRemoved: OnRemoved;
  changes: ChangeSet;
  earlier: LedgerReader;
  records: Pick<Records, "forget">;
  former: FormerGroups;
}

/** Forgets them. Call inside the transaction that found the changes. */
export function forgetGone(context: GoneContext): void {
  const { db, onRemoved, changes, earlier, records, former } = context;
  const { comparison, heldBack } = changes;
  if (onRemoved === "forget") forgetRemoved(db, changes);
  const unchanged = keysOf(db, triedButUnchangedSql(comparison));
  const delivered = onRemoved === "deliver"
    ? removedOf(db, comparison, unchanged)
    : new Set<string>();
  for (const key of unchanged) {
    const entry = earlier.get(key);
    if (!entry || delivered.has(key)) continue;
    // What was refused stays refused, should it come back, and what was settled stays settled where it is kept.
    if (entry.state === "rejected" || entry.state === "settled") continue;
    records.forget(key);
    // The far side may have more of it than was accepted; if it comes back, it is sent.
    if (isForced(entry)) former.doubt(decodeGroupKey(key));
  }
  for (const key of heldBack.absent) records.forget(encodeGroupKey(key));
}

/** Those whose groups were accepted and are no longer in the query. */
function removedOf(
  db: DatabaseSync,
  { uniqueKey, removedTable }: Comparison,
  keys: readonly string[],
): ReadonlySet<string> {
  if (keys.length === 0) return new Set();
  const list = columnList(uniqueKey);
  const wanted = new Set(keys);
  const removed = keysOf(db, `SELECT ${list} FROM ${temp(removedTable)}`);
  return new Set(removed.filter((key) => wanted.has(key)));
}

function keysOf(db: DatabaseSync, sql: string): string[] {
  return prepareArrayRows(db, sql).all().map((key) => encodeGroupKey(readRow(key)));
}
