/**
 * Accepts what a person has settled as sent: the far side has it, so nothing is sent for it.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { quoteIdentifier } from "~/sql/identifiers.ts";
import { Ledger, type LedgerEntry, type LedgerReader } from "~/store/changes/ledger.ts";
import { acceptAll } from "~/tracked/accept/accept_all.ts";
import { FormerGroups } from "~/tracked/accept/former_groups.ts";
import { temp } from "~/tracked/compare/comparison_sql.ts";
import { dropChanges, findChanges } from "~/tracked/compare/find_changes.ts";
import { createKeyTable } from "~/tracked/compare/key_table.ts";
import { decodeGroupKey, encodeGroupKey } from "~/tracked/group_key.ts";
import type { SqlValue } from "~/warehouse/values.ts";

/** The query of a tracked model. */
export interface TrackedQuery {
  select: string;
  columns: readonly string[];
  params: readonly SqlValue[];
}

/** What this needs of its run and its model. */
export interface SettledContext {
  db: DatabaseSync;
  model: string;
  uniqueKey: readonly string[];
  runId: number;
  /** `@on_removed: deliver` */
  readsRemoved: boolean;
  nextChangeId: () => number;
  /** ISO 8601, UTC. */
  now: () => string;
}

/** What came of it. */
export interface SettledTaken {
  /** A person, or `verify`, had settled something since the last run. */
  isAny: boolean;
  /** The target's content moved. */
  hasWritten: boolean;
}

const NOTHING: SettledTaken = { isAny: false, hasWritten: false };

/**
 * Call inside a transaction, before the changes are found. A group that holds something else by now is left to
 * the comparison; it stays settled until a request of its own replaces that, so that what the far side has is
 * not sent to it again. Where the far side is told of removals, it is remembered that it has such a group: one
 * that the query no longer has, and that nothing was ever accepted of, is to be removed.
 */
export function acceptSettled(
  { db, model, uniqueKey, ...context }: SettledContext,
  query: TrackedQuery,
  earlier: LedgerReader,
): SettledTaken {
  const settled = earlier.each("state = 'settled'").toArray();
  if (settled.length === 0) return NOTHING;
  const sent = settled.filter(({ action }) => action !== "remove");
  const groups = sent.map((entry) => ({ entry, key: decodeGroupKey(entry.groupKey) }));
  const byKey = new Map(groups.map(({ entry, key }) => [encodeGroupKey(key), entry]));
  const keys = uniqueKey.map(quoteIdentifier).join(", ");
  createKeyTable(db, uniqueKey, SETTLED_KEYS, groups.map(({ key }) => key));
  const [gone, other]: [LedgerEntry[], LedgerEntry[]] = [[], []];
  const changes = findChanges(db, {
    model,
    uniqueKey,
    columns: query.columns,
    select: `SELECT * FROM (${query.select}\n)
      WHERE (${keys}) IN (SELECT ${keys} FROM ${temp(SETTLED_KEYS)})`,
    params: query.params,
    tried: groups.map(({ key }) => ({ key, isForced: true, batch: 0 })),
    holdCandidates: {
      keys: () => groups.map(({ key }) => key),
      find(keyText) {
        const entry = byKey.get(keyText);
        if (!entry) return undefined;
        return {
          isHeld(now) {
            if (now === "absent") gone.push(entry);
            else if (now !== "removed" && now.hash !== entry.contentHash) other.push(entry);
            return typeof now === "string" || now.hash !== entry.contentHash;
          },
        };
      },
    },
    everything: false,
  });
  // What was accepted of them before is not what the far side has, whatever they hold by now.
  const former = new FormerGroups(db, changes.comparison);
  for (const { key } of groups) former.doubt(key);
  acceptAll(db, changes);
  dropChanges(db, changes);
  db.exec(`DROP TABLE ${temp(SETTLED_KEYS)}`);
  const ledger = new Ledger(db, model);
  let written = changes.new + changes.changed;
  for (const { groupKey, action } of settled) {
    if (action === "remove" && former.forget(decodeGroupKey(groupKey))) written += 1;
    ledger.forget(groupKey);
  }
  const removals = context.readsRemoved
    ? gone.map((entry) => removalOf(entry, context.nextChangeId()))
    : [];
  // None of them is what was accepted before, so that whatever it holds may be news to the far side.
  const kept = other.map((entry) => ({ ...entry, moved: true }));
  const left = [...removals, ...kept];
  const { runId, now } = context;
  ledger.write(left.map((entry) => ({ ...entry, runId, at: now(), error: SINCE_SETTLED })));
  return { isAny: true, hasWritten: written > 0 };
}

/** A temporary table. */
const SETTLED_KEYS = "spoor.settled_keys";
const SINCE_SETTLED = "It was settled as sent, and is not that any more";

function removalOf(entry: LedgerEntry, id: number): LedgerEntry {
  const tried = { state: "failed", moved: true, batch: 0, place: 0, attempts: 0 } as const;
  return { ...entry, ...tried, id, action: "remove", parked: false };
}
