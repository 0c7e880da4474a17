/**
 * Reading changes that are not accepted: failed, parked, rejected, unknown; and models that failed as a
 * whole.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { modelIdsOf } from "~/store/compact/model_ids.ts";
import { timeAfter } from "~/store/compact/run_clock.ts";
import { prepareArrayRows } from "~/warehouse/statements/array_rows.ts";
import { countFrom } from "~/warehouse/tables.ts";
import { CUT_OFF } from "./cut_off.ts";
import type { LedgerRow } from "./group_story.ts";
import { IS_UNKNOWN, TOLD_STATE } from "./ledger.ts";

/** Changes of one model that stand alike and have the same error. */
export interface FailingChanges {
  model: string;
  /** `sent` by a run that is over counts as `unknown`. */
  state: "failed" | "rejected" | "unknown";
  parked: boolean;
  error: string;
  groups: number;
  /** When the first and the last of them were last tried; ISO 8601, UTC. */
  since: string | null;
  lastAt: string | null;
  /** The most that any of them had. */
  attempts: number;
  /** Those of them that were to be removed. */
  removals: number;
  /** The one that was begun first. */
  firstId: number;
  /** Key of one of them. */
  groupKey: string;
}

/** Which of them are read. */
export interface FailingFilter {
  model?: string | undefined;
  /** A run is under way: what it has sent is no failure yet. */
  isRunning: boolean;
}

const LAST_RUN = `(SELECT max(id) FROM "spoor.runs")`;

function whereOf({ model, isRunning }: FailingFilter): string {
  return [
    "state <> 'settled'",
    ...isRunning ? [`NOT (state = 'sent' AND run_id = ${LAST_RUN})`] : [],
    ...model === undefined ? [] : ["model = ?"],
  ].join(" AND ");
}

/**
 * All of them, those that stand alike with one error text together; by that text, which tells most of
 * them apart at the first comparison.
 */
export function failingChanges(db: DatabaseSync, filter: FailingFilter): FailingChanges[] {
  const { model } = filter;
  // Arrays: each group may have an error of its own, and objects take twice as long.
  const read = prepareArrayRows(
    db,
    `SELECT model, ${TOLD_STATE}, parked, coalesce(error, '${CUT_OFF}'),
       count(*), min(at), max(at), max(attempts),
       count(*) FILTER (WHERE action = 'remove'), min(id), min(group_key)
     FROM "spoor.ledger" WHERE ${whereOf(filter)} GROUP BY 4, 3, 2, 1`,
  );
  read.setReadBigInts(false);
  return read.all(...model === undefined ? [] : [model]).map((
    [name, state, parked, error, groups, since, lastAt, attempts, removals, firstId, groupKey],
  ) => ({
    model: name as string,
    state: state as FailingChanges["state"],
    parked: parked !== 0,
    error: error as string,
    groups: groups as number,
    since: since as string | null,
    lastAt: lastAt as string | null,
    attempts: attempts as number,
    removals: removals as number,
    firstId: firstId as number,
    groupKey: groupKey as string,
  }));
}

/** When a change was first tried in vain, as far as that is on record. */
export function triedSince(
  db: DatabaseSync,
  { model, firstId }: Pick<FailingChanges, "model" | "firstId">,
): string | undefined {
  const first = db.prepare(
    `SELECT started_at, after_ms FROM "spoor.delivery_records" AS d
       LEFT JOIN "spoor.runs" AS r ON r.id = d.run_id
     WHERE model_id = ? AND change_id = ?2
       AND group_key = (SELECT group_key FROM "spoor.ledger" WHERE id = ?2)
     ORDER BY run_id, nth LIMIT 1`,
  );
  const times = modelIdsOf(db, model).flatMap((id) => {
    const row = first.get(id, BigInt(firstId));
    return row ? [timeAfter(row.started_at, row.after_ms)] : [];
  });
  return times.sort()[0];
}

/** Keys of groups that stand so with this very error, the longest known first. */
export function failingKeys(
  db: DatabaseSync,
  { model, state, parked, error }: FailingChanges,
  limit: number,
): string[] {
  return db.prepare(
    `SELECT group_key FROM "spoor.ledger"
     WHERE model = ? AND ${TOLD_STATE} = ? AND parked = ?
       AND coalesce(error, '${CUT_OFF}') = ? ORDER BY id LIMIT ?`,
  ).all(model, state, BigInt(parked), error, BigInt(limit)).map((row) => String(row.group_key));
}

/** Changes whose request may have arrived, the oldest first. */
export function unknownChanges(
  db: DatabaseSync,
  { model, isRunning }: FailingFilter,
  limit: number,
): { changes: LedgerRow[]; total: number } {
  const where = `${whereOf({ model, isRunning })} AND ${IS_UNKNOWN}`;
  const params = model === undefined ? [] : [model];
  const changes = db.prepare(
    `SELECT * FROM "spoor.ledger" WHERE ${where} ORDER BY model, id LIMIT ?`,
  ).all(...params, BigInt(limit));
  const total = countFrom(db, `"spoor.ledger" WHERE ${where}`, ...params);
  return { changes: changes as unknown as LedgerRow[], total };
}

/** Counts the groups that a run which is under way has begun, and whose answer it waits for. */
export function countInFlight(
  db: DatabaseSync,
  runId: number,
  model: string | undefined,
): number {
  return countFrom(
    db,
    `"spoor.ledger" WHERE state = 'sent' AND run_id = ? AND model = coalesce(?, model)`,
    BigInt(runId),
    model ?? null,
  );
}

/** A model whose last part in a run failed for another reason than its groups. */
export interface FailedModel {
  model: string;
  runId: number;
  startedAt: string;
  /** JSON of an `ErrorReport`. */
  error: string | null;
}

/** Finds them by each model's last step, which an index gives. */
export function failedModels(db: DatabaseSync, names: readonly string[]): FailedModel[] {
  const last = db.prepare(
    `SELECT run_id, started_at, steps.status, steps.error,
       coalesce(groups_failed, 0) + coalesce(groups_unknown, 0) AS groups
     FROM "spoor.steps" AS steps JOIN "spoor.runs" AS runs ON runs.id = steps.run_id
     WHERE model = ? ORDER BY run_id DESC LIMIT 1`,
  );
  return names.flatMap((model) => {
    const row = last.get(model);
    const hasFailed = row?.status === "failed" && Number(row.groups) === 0;
    if (!row || !hasFailed) return [];
    return [{
      model,
      runId: Number(row.run_id),
      startedAt: String(row.started_at),
      error: row.error as string | null,
    }];
  });
}
