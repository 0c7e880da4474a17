/**
 * What the state file knows of one group: every try of every change of it, the requests, and the runs
 * that had its model in them. All of it is read by an index, newest first.
 *
 * @module
 */
// deno-lint-ignore-file camelcase -- columns, as SQL gives them and --json prints them.
import type { DatabaseSync } from "node:sqlite";
import type { ChangeAction, LedgerState } from "~/delivery/earlier_try.ts";
import { modelIdsOf } from "~/store/compact/model_ids.ts";
import { timeAfter } from "~/store/compact/run_clock.ts";
import { cachedStatement } from "~/warehouse/statements/cached_statement.ts";
import { findTableType } from "~/warehouse/tables.ts";
import { ACTION_CODES, type DeliveryState, STATE_CODES, unpackHash } from "./delivery_log.ts";
import { RUN_DIED } from "./open_requests.ts";

/** One row of `spoor.deliveries`. */
export interface DeliveryRow {
  run_id: number;
  /** `*`: all groups of the model, adopted together. */
  group_key: string;
  change_id: number;
  batch: number;
  action: ChangeAction;
  state: DeliveryState;
  at: string;
  content_hash: string;
  /** What is another value now: JSON, as `tracked/compare/recorded_change.ts` writes it. */
  changed: string | null;
  error: string | null;
}

/** One row of `spoor.ledger`. */
export interface LedgerRow {
  id: number;
  model: string;
  group_key: string;
  content_hash: string;
  state: LedgerState;
  batch: number;
  attempts: number;
  run_id: number;
  error: string | null;
  parked: number;
  action: ChangeAction;
  moved: number;
  at: string | null;
}

/** One row of `spoor.requests`, with what is kept of its bodies; or of `spoor.open_requests`: nothing of its end. */
export interface RequestRow {
  /** 0: it is out, or was when its run died and none has begun since. */
  id: number;
  run_id: number;
  at: string;
  method: string;
  url: string;
  status: number | null;
  error: string | null;
  /** 0: none is known to have left. */
  attempts: number;
  elapsed_ms: number;
  /** NULL where there is none, or where it can be made of the change: see `keyNameOf`. */
  idempotency_key: string | null;
  /** JSON of headers and body; NULL when it was pruned. */
  request: string | null;
  response: string | null;
}

/** The tries of a group and what was adopted with all groups of its model, newest first. */
export function deliveriesOf(
  db: DatabaseSync,
  model: string,
  groupKey: string,
  limit: number,
): DeliveryRow[] {
  const read = db.prepare(
    `SELECT run_id, started_at, group_key, change_id, batch, action, state, after_ms, content_hash,
       changed, error
     FROM "spoor.delivery_records" LEFT JOIN "spoor.runs" ON id = run_id
     WHERE model_id = ? AND group_key = ? ORDER BY run_id DESC, nth DESC LIMIT ?`,
  );
  return modelIdsOf(db, model)
    .flatMap((id) => [groupKey, "*"].flatMap((key) => read.all(id, key, BigInt(limit))))
    .map(toDelivery)
    // What a person decided about a group in the run that adopted all came after that.
    .sort((a, b) => b.run_id - a.run_id).slice(0, limit);
}

/** Whether the group itself was ever tried: what was adopted with all groups of its model says nothing of it. */
export function hasDelivery(db: DatabaseSync, model: string, groupKey: string): boolean {
  const read = db.prepare(
    `SELECT 1 FROM "spoor.delivery_records" WHERE model_id = ? AND group_key = ? LIMIT 1`,
  );
  return modelIdsOf(db, model).some((id) => read.get(id, groupKey) !== undefined);
}

function toDelivery(row: Record<string, unknown>): DeliveryRow {
  const { started_at, after_ms, action, state, content_hash, ...rest } = row;
  return {
    ...rest,
    action: ACTION_CODES[Number(action)],
    state: STATE_CODES[Number(state)],
    at: timeAfter(started_at, after_ms),
    content_hash: unpackHash(content_hash),
  } as unknown as DeliveryRow;
}

/** Whether it was tried in one of these runs: from one on, and before another. */
export function wasTriedIn(
  db: DatabaseSync,
  model: string,
  groupKey: string,
  { from, until }: { from: number; until: number },
): boolean {
  const read = db.prepare(
    `SELECT 1 FROM "spoor.delivery_records"
     WHERE model_id = ? AND group_key = ? AND run_id >= ? AND run_id < ? LIMIT 1`,
  );
  const last = Number.isFinite(until) ? until : Number.MAX_SAFE_INTEGER;
  return modelIdsOf(db, model).some((id) => read.get(id, groupKey, BigInt(from), BigInt(last)));
}

/** The group's change that is not accepted, if there is one. */
export function ledgerRowOf(
  db: DatabaseSync,
  model: string,
  groupKey: string,
): LedgerRow | undefined {
  const row = db.prepare(`SELECT * FROM "spoor.ledger" WHERE model = ? AND group_key = ?`)
    .get(model, groupKey);
  return row as unknown as LedgerRow | undefined;
}

/** The requests that one run made for a change, oldest first. */
export function requestsOf(
  db: DatabaseSync,
  changeId: number,
  runId: number,
  limit: number,
): RequestRow[] {
  const rows = cachedStatement(
    db,
    `SELECT id, run_id, at, method, url, status, error, attempts, elapsed_ms, r.idempotency_key,
       request, response
     FROM "spoor.requests" AS r LEFT JOIN "spoor.request_bodies" ON request_id = id
     WHERE change_id = ? AND run_id = ? ORDER BY id LIMIT ?`,
  ).all(BigInt(changeId), BigInt(runId), BigInt(limit));
  const out = openRequestsOf(db, changeId).filter((row) => row.run_id === runId);
  return [...rows as unknown as RequestRow[], ...out].slice(0, limit);
}

/**
 * Those that are out, or were when their run died, oldest first: there are never more than one run has out at once.
 * A file of an earlier version has none.
 */
function openRequestsOf(db: DatabaseSync, changeId: number): RequestRow[] {
  if (!findTableType(db, "spoor.open_requests")) return [];
  const rows = cachedStatement(
    db,
    `SELECT 0 AS id, run_id, at, method, url, NULL AS status, NULL AS error, 0 AS attempts,
       0 AS elapsed_ms, idempotency_key, request, NULL AS response
     FROM "spoor.open_requests" WHERE change_id = ?`,
  ).all(BigInt(changeId));
  return rows as unknown as RequestRow[];
}

/** Of one whose run died it is not known how often it was tried. */
const MAY_HAVE_LEFT = `(attempts > 0 OR error = '${RUN_DIED}')`;

/** The last request of a change that may have left, whatever run it was; where none may, the last one. */
export function lastRequestOf(db: DatabaseSync, changeId: number): RequestRow | undefined {
  const out = openRequestsOf(db, changeId).at(-1);
  if (out) return out;
  const last = (which: string) =>
    db.prepare(
      `SELECT id, run_id, at, method, url, status, error, attempts, elapsed_ms, r.idempotency_key,
         request, response
       FROM "spoor.requests" AS r LEFT JOIN "spoor.request_bodies" ON request_id = id
       WHERE change_id = ? AND ${which} ORDER BY id DESC LIMIT 1`,
    ).get(BigInt(changeId));
  const row = last(MAY_HAVE_LEFT) ?? last("TRUE");
  return row as unknown as RequestRow | undefined;
}

/** The model's name that a request's key is made of, where the record has no key of it any more. */
export function keyNameOf(db: DatabaseSync, requestId: number): string | undefined {
  const row = db.prepare(
    `SELECT key_name FROM "spoor.request_records" AS q
       JOIN "spoor.request_kinds" AS k ON k.id = q.kind_id WHERE q.id = ?`,
  ).get(BigInt(requestId));
  return typeof row?.key_name === "string" ? row.key_name : undefined;
}

/** What a step tells of the groups that it did not try. */
export interface StoryStep {
  run_id: number;
  /** What the model was then; null where the run died. */
  kind: string | null;
  status: string;
  reason: string;
  /** JSON of an `ErrorReport`. */
  error: string | null;
  groups_new: number | null;
  groups_left: number | null;
  groups_removed: number | null;
  groups_parked: number | null;
}

/** Steps are read so many at a time: faster than one by one, and mostly few are needed. */
const STEPS_AT_ONCE = 500;

/** A model's part in runs, newest first, read as far as it is asked for. */
export function* stepsOf(db: DatabaseSync, model: string): Generator<StoryStep> {
  const read = db.prepare(
    `SELECT run_id, kind, status, reason, error, groups_new, groups_left, groups_removed, groups_parked
     FROM "spoor.steps" WHERE model = ? AND run_id < ? ORDER BY run_id DESC LIMIT ${STEPS_AT_ONCE}`,
  );
  let before = Number.MAX_SAFE_INTEGER;
  for (;;) {
    const steps = read.all(model, BigInt(before)) as unknown as StoryStep[];
    yield* steps;
    const last = steps.at(-1);
    if (!last || steps.length < STEPS_AT_ONCE) return;
    before = last.run_id;
  }
}

/** When a run began; ISO 8601, UTC. */
export function startOf(db: DatabaseSync, runId: number): string {
  const row = cachedStatement(db, `SELECT started_at FROM "spoor.runs" WHERE id = ?`)
    .get(BigInt(runId));
  return String(row?.started_at ?? "");
}

/**
 * Whether a run is known to have come as far as to compare a model's groups, where its step has no sums: it has noted
 * what is to be sent, or sent of it.
 */
export function hasBegunDelivery(db: DatabaseSync, model: string, runId: number): boolean {
  const where = `WHERE run_id = :runId AND model = :model`;
  const row = db.prepare(
    `SELECT EXISTS (SELECT 1 FROM "spoor.pending" ${where}) OR
       EXISTS (SELECT 1 FROM "spoor.ledger" ${where}) OR
       EXISTS (SELECT 1 FROM "spoor.requests" ${where} AND change_id IS NOT NULL) AS has_begun`,
  ).get({ runId: BigInt(runId), model });
  return row?.has_begun === 1;
}

/** Whether a later run has come to its end, well or not. */
export function hasEndedSince(db: DatabaseSync, runId: number): boolean {
  const row = db.prepare(
    `SELECT 1 FROM "spoor.runs" WHERE id > ? AND status IN ('ok', 'failed') LIMIT 1`,
  ).get(BigInt(runId));
  return row !== undefined;
}

/** Whether a later run has died, or is under way. */
export function hasOpenEndSince(db: DatabaseSync, runId: number): boolean {
  const row = db.prepare(
    `SELECT 1 FROM "spoor.runs" WHERE id > ? AND status IN ('died', 'running') LIMIT 1`,
  ).get(BigInt(runId));
  return row !== undefined;
}

/** Keys of groups that were tried, on either side of a text that is none. */
export function keysAround(
  db: DatabaseSync,
  model: string,
  groupKey: string,
  limit: number,
): string[] {
  const ids = modelIdsOf(db, model);
  const side = (sign: string, order: string) => {
    const read = db.prepare(
      `SELECT DISTINCT group_key FROM "spoor.delivery_records" WHERE model_id = ? AND group_key ${sign} ?
       ORDER BY group_key ${order} LIMIT ?`,
    );
    return ids.flatMap((id) => read.all(id, groupKey, BigInt(limit)))
      .map((row) => String(row.group_key));
  };
  return [...side(">=", "ASC"), ...side("<", "DESC")].filter((key) => key !== "*");
}
