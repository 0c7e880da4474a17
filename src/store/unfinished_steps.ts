/**
 * A model's part in runs that did not record it: they are under way, or their process died before that.
 *
 * @module
 */
// deno-lint-ignore-file camelcase -- columns, as SQL gives them and --json prints them.
import type { DatabaseSync } from "node:sqlite";
import { findTableType } from "~/warehouse/tables.ts";
import { countRequests, type StepHistoryRow } from "./history.ts";

/** Nothing of it was added up. */
export interface UnfinishedStep extends Omit<StepHistoryRow, "kind" | "elapsed_ms"> {
  kind: null;
  elapsed_ms: null;
}

/** Such runs that are looked at. */
const RUNS_READ = 1_000;

/**
 * The last of them in which the model is known to have begun: something was sent, or waits for its turn.
 */
export function unfinishedSteps(db: DatabaseSync, model: string, limit: number): UnfinishedStep[] {
  // A file of an earlier version has no such table, and is read as it is.
  const pending = findTableType(db, "spoor.pending")
    ? `(SELECT run_id FROM "spoor.pending" WHERE model = :model LIMIT 1)`
    : "NULL";
  const rows = db.prepare(
    `WITH runs AS (
       SELECT * FROM "spoor.runs" WHERE status IN ('died', 'running') ORDER BY id DESC LIMIT ${RUNS_READ}
     )
     SELECT id AS run_id, started_at, status,
       ${countRequests(db, "run_id = runs.id AND model = :model")} AS requests,
       (SELECT count(*) FROM "spoor.ledger" WHERE run_id = runs.id AND model = :model) AS out,
       ${pending} AS pending
     FROM runs
     WHERE NOT EXISTS (SELECT 1 FROM "spoor.steps" WHERE run_id = runs.id AND model = :model)
       AND (requests > 0 OR out > 0 OR pending = id)
     ORDER BY id DESC LIMIT :limit`,
  ).all({ model, limit: BigInt(limit) });
  return rows.map((row) => toStep(model, row));
}

function toStep(
  model: string,
  { run_id, started_at, status, requests }: Record<string, unknown>,
): UnfinishedStep {
  return {
    run_id: Number(run_id),
    started_at: String(started_at),
    model,
    kind: null,
    status: String(status),
    reason: "",
    rows: null,
    elapsed_ms: null,
    groups_new: null,
    groups_changed: null,
    groups_unchanged: null,
    groups_removed: null,
    groups_saved: null,
    groups_failed: null,
    groups_unknown: null,
    groups_left: null,
    requests_sent: Number(requests),
    requests_accepted: null,
    requests_refused: null,
    requests_retries: null,
    error: null,
  };
}
