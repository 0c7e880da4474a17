/**
 * Reading changes that are not accepted: failed, parked, rejected, unknown; and models that failed as a
 * whole.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { LedgerRow } from "./group_story.ts";

/** Changes of one model that stand alike and have the same error. */
export interface FailingChanges {
  model: string;
  /** `sent` by a run that is over counts as `unknown`. */
  state: "failed" | "rejected" | "unknown";
  parked: boolean;
  error: string;
  groups: number;
  /** Since when the first and the last of them stand so; ISO 8601, UTC. */
  since: string | null;
  lastAt: string | null;
  /** The most that any of them had. */
  attempts: number;
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
    "state NOT IN ('pending', 'settled')",
    ...isRunning ? [`NOT (state = 'sent' AND run_id = ${LAST_RUN})`] : [],
    ...model === undefined ? [] : ["model = ?"],
  ].join(" AND ");
}

/** All of them, those that stand alike with one error text together. */
export function failingChanges(db: DatabaseSync, filter: FailingFilter): FailingChanges[] {
  const { model } = filter;
  const rows = db.prepare(
    `SELECT model, replace(state, 'sent', 'unknown') AS shown, parked,
       coalesce(error, 'The run ended while a request was out') AS text,
       count(*) AS groups, min(at) AS since, max(at) AS last_at, max(attempts) AS attempts,
       min(group_key) AS group_key
     FROM "spoor.ledger" WHERE ${whereOf(filter)} GROUP BY 1, 2, 3, 4`,
  ).all(...model === undefined ? [] : [model]);
  return rows.map((row) => ({
    model: String(row.model),
    state: row.shown as FailingChanges["state"],
    parked: row.parked !== 0,
    error: String(row.text),
    groups: Number(row.groups),
    since: row.since as string | null,
    lastAt: row.last_at as string | null,
    attempts: Number(row.attempts),
    groupKey: String(row.group_key),
  }));
}

/** Keys of groups that stand so with this very error, the longest known first. */
export function failingKeys(
  db: DatabaseSync,
  { model, state, parked, error }: FailingChanges,
  limit: number,
): string[] {
  return db.prepare(
    `SELECT group_key FROM "spoor.ledger"
     WHERE model = ? AND replace(state, 'sent', 'unknown') = ? AND parked = ?
       AND coalesce(error, 'The run ended while a request was out') = ? ORDER BY id LIMIT ?`,
  ).all(model, state, BigInt(parked), error, BigInt(limit)).map((row) => String(row.group_key));
}

/** Changes whose request may have arrived, the oldest first. */
export function unknownChanges(
  db: DatabaseSync,
  { model, isRunning }: FailingFilter,
  limit: number,
): { changes: LedgerRow[]; total: number } {
  const where = `${whereOf({ model, isRunning })} AND state IN ('unknown', 'sent')`;
  const params = model === undefined ? [] : [model];
  const changes = db.prepare(
    `SELECT * FROM "spoor.ledger" WHERE ${where} ORDER BY model, id LIMIT ?`,
  ).all(...params, BigInt(limit));
  const total = db.prepare(`SELECT count(*) AS n FROM "spoor.ledger" WHERE ${where}`).get(
    ...params,
  );
  return { changes: changes as unknown as LedgerRow[], total: Number(total?.n) };
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
