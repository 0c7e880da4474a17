/**
 * What a person decides about changes that are not accepted: to try them again, or that a request which
 * may have arrived has, or has not. Call with the run's lock held.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { ChangeAction } from "~/delivery/earlier_try.ts";
import { lastRunId } from "~/store/runs.ts";
import { inTransaction } from "~/warehouse/transaction.ts";
import { DeliveryLog } from "./delivery_log.ts";
import type { LedgerRow } from "./group_story.ts";
import { IS_UNKNOWN } from "./ledger.ts";

/** Which changes are meant. */
export interface ChangeFilter {
  model?: string | undefined;
  /** Group keys as the ledger has them. */
  keys?: readonly string[] | undefined;
  /** A part of the error's text, in any case. */
  error?: string | undefined;
  /** Whole texts of errors. */
  errors?: readonly string[] | undefined;
  /** Only those that were last tried before this moment: ISO 8601, UTC. */
  before?: string | undefined;
}

/** How many changes of one model were meant. */
export interface ChangedByHand {
  model: string;
  groups: number;
  /** Those of them that no run would have tried again. */
  parked: number;
  /** Those of them that were to be removed. */
  removals: number;
}

/** Changes that were answered and not accepted. */
const REFUSED = "state IN ('failed', 'rejected')";

/** What is noted in `spoor.deliveries`. */
export const SETTLED_AS_SENT = "settled as sent";
const SETTLED_AS_NOT_SENT = "settled as not sent";
/** The same by the model's own `verify`. */
export const VERIFIED_AS_SENT = "verified as sent";
export const VERIFIED_AS_NOT_SENT = "verified as not sent";
/** How it begins what is noted where `verify` settled nothing. */
export const VERIFY_SAYS = "verify() ";

/** Changes that were settled, and of which no run has taken notice. */
const STILL_SENT = "(state = 'settled' AND settled_hash IS NULL)";
const STILL_NOT_SENT =
  `(state = 'failed' AND error IN ('${SETTLED_AS_NOT_SENT}', '${VERIFIED_AS_NOT_SENT}'))`;

/**
 * Of another content of the group it was said before that the far side has it. Where this one is settled as sent, the
 * ledger has not kept that word: taken back, what the far side has would be sent to it once more.
 */
const HAS_FORMER_WORD = `EXISTS (SELECT 1 FROM "spoor.deliveries" AS d
  WHERE d.model = "spoor.ledger".model AND d.group_key = "spoor.ledger".group_key
    AND d.content_hash <> "spoor.ledger".content_hash
    AND d.error IN ('${SETTLED_AS_SENT}', '${VERIFIED_AS_SENT}'))`;

/**
 * What a decision may be about. A group that is named may have been settled before, which is taken back so; of all
 * that are left nobody says that.
 */
const MAY_BE = {
  retry: () => REFUSED,
  settle: ({ keys }: ChangeFilter) =>
    keys === undefined
      ? IS_UNKNOWN
      : `(${IS_UNKNOWN} OR (${STILL_SENT} AND NOT ${HAS_FORMER_WORD}) OR ${STILL_NOT_SENT})`,
} as const;

/** Lets the next run try failed and rejected groups again, as if for the first time. */
export function retryChanges(db: DatabaseSync, filter: ChangeFilter, now: string): ChangedByHand[] {
  return change(db, {
    filter,
    now,
    which: MAY_BE.retry(),
    note: "retried",
    error: undefined,
    set: "state = 'failed', parked = 0, attempts = 0",
  });
}

/**
 * Settles groups whose request may have arrived. Sent: the next run accepts them without a request.
 * Not sent: the next run sends them, with the same `Idempotency-Key`. The last word counts.
 */
export function settleChanges(
  db: DatabaseSync,
  filter: ChangeFilter,
  isSent: boolean,
  now: string,
): ChangedByHand[] {
  return change(db, {
    filter,
    now,
    which: MAY_BE.settle(filter),
    note: "settled",
    error: isSent ? SETTLED_AS_SENT : SETTLED_AS_NOT_SENT,
    set: isSent
      ? `state = 'settled', parked = 0, settled_hash = NULL,
         error = nullif(nullif(error, '${SETTLED_AS_NOT_SENT}'), '${VERIFIED_AS_NOT_SENT}')`
      : `state = 'failed', parked = 0, error = '${SETTLED_AS_NOT_SENT}'`,
  });
}

/** A group that was settled, and of which no run has taken notice. */
export interface SettledGroup extends Pick<LedgerRow, "id" | "model" | "group_key" | "at"> {
  isSent: boolean;
}

/** Finds them, by model, those that are settled as sent first. */
export function settledChanges(
  db: DatabaseSync,
  filter: Pick<ChangeFilter, "model" | "keys">,
): SettledGroup[] {
  const { sql, params } = whereOf(filter);
  const rows = db.prepare(
    `SELECT id, model, group_key, at, ${STILL_SENT} AS is_sent FROM "spoor.ledger"
     WHERE (${STILL_SENT} OR ${STILL_NOT_SENT}) AND ${sql} ORDER BY model, is_sent DESC, id`,
  ).all(...params) as unknown as (LedgerRow & { is_sent: number })[];
  return rows.map(({ is_sent: isSent, ...row }) => ({ ...row, isSent: isSent !== 0 }));
}

/** Those of a filter's keys that a decision would pass over, in their order and each once. */
export function keysPassedOver(
  db: DatabaseSync,
  decision: keyof typeof MAY_BE,
  filter: ChangeFilter,
): string[] {
  const { sql, params } = whereOf(filter);
  return db.prepare(
    `SELECT value FROM json_each(?) WHERE value NOT IN
       (SELECT group_key FROM "spoor.ledger" WHERE ${MAY_BE[decision](filter)} AND ${sql})
     GROUP BY value ORDER BY min(key)`,
  ).all(JSON.stringify(filter.keys ?? []), ...params).map(({ value }) => String(value));
}

/** Counts what a filter means, of whatever state; what no run has begun too. */
export function countChanges(
  db: DatabaseSync,
  filter: ChangeFilter,
): { state: string; parked: boolean; groups: number }[] {
  const { sql, params } = whereOf(filter);
  return db.prepare(
    `SELECT state, parked, count(*) AS groups FROM "spoor.changes" WHERE ${sql} GROUP BY 1, 2`,
  ).all(...params).map((row) => ({
    state: String(row.state),
    parked: row.parked !== 0,
    groups: Number(row.groups),
  }));
}

const READ_AT_ONCE = 1_000;

interface HandChange {
  filter: ChangeFilter;
  now: string;
  which: string;
  note: "retried" | "settled";
  error: string | undefined;
  set: string;
}

/** It is a person's word, so it is on the disk before the person is told. */
function change(db: DatabaseSync, { filter, now, which, note, error, set }: HandChange) {
  const { sql, params } = whereOf(filter);
  const where = `${which} AND ${sql}`;
  db.exec("PRAGMA synchronous = FULL");
  return inTransaction(db, () => {
    const models = db.prepare(
      `SELECT model, count(*) AS groups, count(*) FILTER (WHERE parked) AS parked,
         count(*) FILTER (WHERE action = 'remove') AS removals
       FROM "spoor.ledger" WHERE ${where} GROUP BY model ORDER BY model`,
    ).all(...params).map((row) => ({
      model: String(row.model),
      groups: Number(row.groups),
      parked: Number(row.parked),
      removals: Number(row.removals),
    }));
    // By their ids, a part at a time: there may be a million.
    const page = db.prepare(
      `SELECT id, group_key, batch, action, content_hash FROM "spoor.ledger"
       WHERE ${where} AND +model = ? AND id > ? ORDER BY id LIMIT ${READ_AT_ONCE}`,
    );
    for (const { model } of models) {
      const log = new DeliveryLog(db, lastRunId(db) ?? 0, model);
      let last = 0;
      for (let isDone = false; !isDone;) {
        const records = page.all(...params, model, BigInt(last)).map(toRecord);
        log.writeAll(records, { state: note, at: now, error });
        last = records.at(-1)?.changeId ?? last;
        isDone = records.length < READ_AT_ONCE;
      }
    }
    // The time stays that of the last request: since then it stands so, whatever was said of it.
    db.prepare(`UPDATE "spoor.ledger" SET ${set} WHERE ${where}`).run(...params);
    for (const { model, groups } of models) wakeModel(db, model, groups);
    return models;
  });
}

function toRecord(row: Record<string, unknown>) {
  return {
    groupKey: String(row.group_key),
    changeId: Number(row.id),
    batch: Number(row.batch),
    action: row.action as ChangeAction,
    contentHash: String(row.content_hash),
  };
}

/** The next run runs it, whatever is up to date. */
function wakeModel(db: DatabaseSync, model: string, groups: number): void {
  db.prepare(`UPDATE "spoor.models" SET waiting = max(waiting, ?) WHERE model = ?`)
    .run(BigInt(groups), model);
}

function whereOf(
  { model, keys, error, errors, before }: ChangeFilter,
): { sql: string; params: string[] } {
  const parts: [sql: string, param: string | undefined][] = [
    ["model = ?", model],
    ["group_key IN (SELECT value FROM json_each(?))", keys && JSON.stringify(keys)],
    ["instr(lower(error), lower(?)) > 0", error],
    ["error IN (SELECT value FROM json_each(?))", errors && JSON.stringify(errors)],
    ["coalesce(at, '') <= ?", before],
  ];
  const given = parts.filter(([, param]) => param !== undefined);
  return {
    sql: given.map(([sql]) => sql).join(" AND ") || "1",
    params: given.flatMap(([, param]) => param ?? []),
  };
}
