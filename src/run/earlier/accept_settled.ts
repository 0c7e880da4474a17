/**
 * Accepts what a person has settled as sent: the far side has it, so nothing is sent for it.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { type GroupNow, knownByWord, settledHashOf } from "~/delivery/earlier_try.ts";
import type { OnRemoved } from "~/model/model.ts";
import { columnList, temp } from "~/sql/identifiers.ts";
import {
  HAS_SETTLED,
  Ledger,
  type LedgerEntry,
  type LedgerReader,
} from "~/store/changes/ledger.ts";
import { acceptAll } from "~/tracked/accept/accept_all.ts";
import { FormerGroups } from "~/tracked/accept/former_groups.ts";
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
  /** `@on_removed` */
  onRemoved: OnRemoved;
  nextChangeId: () => number;
  /** ISO 8601, UTC. */
  now: () => string;
}

/** What came of it. */
export interface SettledTaken {
  /** More is known as sent than before: a person, or `verify`, had settled something since the last run. */
  isAny: boolean;
  /** The target's content moved. */
  hasWritten: boolean;
}

const NOTHING: SettledTaken = { isAny: false, hasWritten: false };

/**
 * Call inside a transaction, before the changes are found. A group that holds something else by now is left to
 * the comparison, and what was settled of it is remembered until a request of its own may have replaced that, so
 * that what the far side has is not sent to it again. So is one that has left the query, where it is kept. Where
 * the far side is told of removals, one that has left is to be removed, though nothing of it may ever have been
 * accepted.
 */
export function acceptSettled(
  context: SettledContext,
  query: TrackedQuery,
  earlier: LedgerReader,
): SettledTaken {
  const entries = earlier.each(HAS_SETTLED).toArray();
  if (entries.length === 0) return NOTHING;
  const known = entries.filter((entry) => knownByWord(entry) !== undefined);
  const stands = known.length > 0 ? lookAt(context, query, known) : NONE;
  const { db, model, uniqueKey } = context;
  const [ledger, former] = [new Ledger(db, model), new FormerGroups(db, { model, uniqueKey })];
  let written = stands.accepted;
  const left: LedgerEntry[] = [];
  for (const entry of entries) {
    const stand = stands.of.get(entry.groupKey);
    if (isRemovalDone(entry)) {
      if (former.forget(decodeGroupKey(entry.groupKey))) written += 1;
      ledger.forget(entry.groupKey);
    } else if (stand !== undefined) {
      const next = nextOf(entry, stand, context);
      if (next === "over") ledger.forget(entry.groupKey);
      else if (next === "unsaid") ledger.forgetSettled(entry.groupKey);
      else if (next !== entry) left.push(next);
    }
  }
  const { runId, now } = context;
  for (const entry of left) {
    ledger.write([entry], { ...entry, runId, at: now(), error: SINCE_SETTLED });
  }
  return { isAny: written > 0 || entries.some(isNews), hasWritten: written > 0 };
}

/** How a group stands to what was settled of it: it is that, or another one, or has left the query. */
type Stand = "same" | "other" | Extract<GroupNow, string>;

interface Stands {
  /** By the groups' keys as text. */
  of: ReadonlyMap<string, Stand>;
  /** Groups that were accepted: those that are the same. */
  accepted: number;
}

const NONE: Stands = { of: new Map(), accepted: 0 };

/** Looks at the groups, and accepts those that are what was settled. */
function lookAt(
  { db, model, uniqueKey }: SettledContext,
  { select, columns, params }: TrackedQuery,
  known: readonly LedgerEntry[],
): Stands {
  const of = new Map<string, Stand>();
  const groups = known.map((entry) => ({ entry, key: decodeGroupKey(entry.groupKey) }));
  const byKey = new Map(groups.map(({ entry, key }) => [encodeGroupKey(key), entry]));
  const keys = columnList(uniqueKey);
  createKeyTable(db, uniqueKey, SETTLED_KEYS, groups.map(({ key }) => key));
  const changes = findChanges(db, {
    model,
    uniqueKey,
    columns,
    select: `SELECT * FROM (${select}\n)
      WHERE (${keys}) IN (SELECT ${keys} FROM ${temp(SETTLED_KEYS)})`,
    params,
    tried: groups.map(({ key }) => ({ key, isForced: true, batch: 0 })),
    holdCandidates: {
      keys: () => groups.map(({ key }) => key),
      find(keyText) {
        const entry = byKey.get(keyText);
        if (!entry) return undefined;
        return {
          isHeld(now) {
            const stand = standOf(entry, now);
            of.set(entry.groupKey, stand);
            return stand !== "same";
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
  return { of, accepted: changes.new + changes.changed };
}

/** A temporary table. */
const SETTLED_KEYS = "spoor.settled_keys";
const SINCE_SETTLED = "It was settled as sent, and is not that any more";

function standOf(entry: LedgerEntry, now: GroupNow): Stand {
  if (typeof now === "string") return now;
  return now.hash === knownByWord(entry) ? "same" : "other";
}

/** What the ledger is to have of a group; `unsaid`: the same, without what was settled before. */
function nextOf(
  entry: LedgerEntry,
  stand: Stand,
  { onRemoved, nextChangeId }: SettledContext,
): LedgerEntry | "over" | "unsaid" {
  if (stand === "same") return "over";
  const isSettled = entry.state === "settled";
  // None of them is what was accepted before, so that whatever it holds may be news to the far side.
  if (stand === "other") return isSettled ? { ...entry, moved: true } : entry;
  if (onRemoved === "forget") return isSettled ? "over" : "unsaid";
  if (onRemoved === "deliver") return isSettled ? removalOf(entry, nextChangeId()) : entry;
  // What was refused stays refused, should it come back; of one that was never accepted nothing would say so.
  const isRefused = entry.state === "rejected" && stand === "removed";
  return isRefused || isKept(entry) ? entry : keptOf(entry);
}

/** The far side has the group, and is to be told that it is gone. */
function removalOf(entry: LedgerEntry, id: number): LedgerEntry {
  const tried = { state: "failed", moved: true, batch: 0, place: 0, attempts: 0 } as const;
  return {
    ...entry,
    ...tried,
    id,
    action: "remove",
    parked: false,
    settledHash: settledHashOf(entry),
  };
}

/** The far side has the group, and keeps it; what was tried since is over. */
function keptOf(entry: LedgerEntry): LedgerEntry {
  const settledHash = settledHashOf(entry);
  const settled = { state: "settled", moved: true, batch: 0, place: 0, parked: false } as const;
  return { ...entry, ...settled, contentHash: settledHash ?? entry.contentHash, settledHash };
}

function isKept({ state, settledHash }: LedgerEntry): boolean {
  return state === "settled" && settledHash !== undefined;
}

function isRemovalDone({ state, action }: LedgerEntry): boolean {
  return state === "settled" && action === "remove";
}

/** No run has looked at it. */
function isNews(entry: LedgerEntry): boolean {
  return entry.state === "settled" && !isKept(entry);
}
