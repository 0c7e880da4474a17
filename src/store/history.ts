/**
 * Reading back what ran: runs, and each model's part in them, newest first.
 *
 * @module
 */
// deno-lint-ignore-file camelcase -- columns, as SQL gives them and --json prints them.
import type { DatabaseSync } from "node:sqlite";

/** One run, its models counted by how they ended. */
export interface RunHistoryRow {
  run_id: number;
  /** ISO 8601, UTC. */
  started_at: string;
  ended_at: string | null;
  /** `running`, `ok`, `failed`, `cancelled`, `died`. */
  status: string;
  command: string;
  ok: number;
  failed: number;
  blocked: number;
  cancelled: number;
  groups_saved: number;
  requests_sent: number;
}

/** One model in one run. */
export interface StepHistoryRow {
  run_id: number;
  started_at: string;
  model: string;
  kind: string;
  status: string;
  reason: string;
  rows: number | null;
  elapsed_ms: number;
  groups_new: number | null;
  groups_changed: number | null;
  groups_unchanged: number | null;
  groups_removed: number | null;
  groups_saved: number | null;
  groups_failed: number | null;
  groups_unknown: number | null;
  groups_left: number | null;
  requests_sent: number | null;
  requests_accepted: number | null;
  requests_refused: number | null;
  requests_retries: number | null;
  /** JSON of an `ErrorReport`. */
  error: string | null;
}

/** The last runs. */
export function recentRuns(db: DatabaseSync, limit: number): RunHistoryRow[] {
  const rows = db.prepare(`
    WITH runs AS (SELECT * FROM "spoor.runs" ORDER BY id DESC LIMIT ?)
    SELECT runs.id AS run_id, started_at, ended_at, runs.status, command,
      count(*) FILTER (WHERE steps.status = 'ok') AS ok,
      count(*) FILTER (WHERE steps.status = 'failed') AS failed,
      count(*) FILTER (WHERE steps.status = 'blocked') AS blocked,
      count(*) FILTER (WHERE steps.status = 'cancelled') AS cancelled,
      coalesce(sum(groups_saved), 0) AS groups_saved,
      coalesce(sum(requests_sent), 0) AS requests_sent
    FROM runs LEFT JOIN "spoor.steps" AS steps ON steps.run_id = runs.id
    GROUP BY runs.id ORDER BY runs.id DESC
  `).all(BigInt(limit));
  return rows.map((row) => ({ ...row })) as unknown as RunHistoryRow[];
}

/** The last runs in which a model had a part. */
export function recentSteps(db: DatabaseSync, model: string, limit: number): StepHistoryRow[] {
  const rows = db.prepare(`
    SELECT started_at, steps.*
    FROM "spoor.steps" AS steps JOIN "spoor.runs" AS runs ON runs.id = steps.run_id
    WHERE model = ? COLLATE NOCASE ORDER BY run_id DESC LIMIT ?
  `).all(model, BigInt(limit));
  return rows.map((row) => ({ ...row })) as unknown as StepHistoryRow[];
}

/** Names of all models that ever had a part in a run. */
export function modelsInHistory(db: DatabaseSync): string[] {
  const rows = db.prepare(`SELECT DISTINCT model FROM "spoor.steps" ORDER BY model`).all();
  return rows.map(({ model }) => String(model));
}
