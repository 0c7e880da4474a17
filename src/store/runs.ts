/**
 * The record of runs and of each model's part in them.
 *
 * @module
 */
// deno-lint-ignore-file camelcase -- counts are part of what --json prints.
import type { DatabaseSync } from "node:sqlite";
import type { ErrorReport } from "~/base/user_error.ts";
import { cachedStatement } from "~/warehouse/statements/cached_statement.ts";

/** What a `tracked` model that reads by `query` found, and what became of it; all counts are groups. */
export interface DeliveryCounts {
  new: number;
  changed: number;
  unchanged: number;
  removed: number;
  /** Acknowledged in this run. */
  saved: number;
  /** Tried and not accepted; they come again. */
  failed: number;
  /** A request is out and its answer is not known; sent again first, with the same key. */
  unknown: number;
  /** Refused by the far side for good, and parked until their content changes. */
  rejected: number;
  /** Not tried: the model ended before. */
  left: number;
  /** Changed, and not delivered: parked earlier, or kept for a person to settle. Absent: none. */
  held_back?: number;
  /** Of `held_back`: failed and not tried again by itself, or refused for good. */
  parked: number;
  /** Of `failed` and `unknown`: parked now, or kept for a person to settle. Absent: none. */
  kept_back?: number;
}

/** HTTP requests of one model, counted by the egress worker; a retried request counts once. */
export interface RequestCounts {
  /** Tried to be sent. */
  sent: number;
  accepted: number;
  /** Not accepted, whether answered or not. */
  refused: number;
  /** Of `refused`: without an answer. Absent: none. */
  unanswered?: number;
  /** Of `unanswered`: nothing has left, for want of a connection. Absent: none. */
  unreached?: number;
  /** Tries after the first, of all requests. */
  retries: number;
}

/** What the record says of one model in one run. */
export interface StepRecord {
  runId: number;
  model: string;
  kind: string;
  status: string;
  reason: string;
  rows?: number | undefined;
  elapsedMs: number;
  delivery?: DeliveryCounts | undefined;
  requests?: RequestCounts | undefined;
  error?: ErrorReport | undefined;
}

/** Begins a run. Runs that their process did not end are marked as died. */
export function startRun(db: DatabaseSync, command: string, version: string, now: string): number {
  db.exec(`UPDATE "spoor.runs" SET status = 'died' WHERE status = 'running'`);
  const { lastInsertRowid } = db.prepare(
    `INSERT INTO "spoor.runs" (started_at, status, spoor_version, command) VALUES (?, 'running', ?, ?)`,
  ).run(now, version, command);
  return Number(lastInsertRowid);
}

/** The id of the last run; `null`: nothing has run. */
export function lastRunId(db: DatabaseSync): number | null {
  const row = db.prepare(`SELECT max(id) AS id FROM "spoor.runs"`).get();
  return row?.id === null || row?.id === undefined ? null : Number(row.id);
}

/** Whether a request of an earlier run has made a group accepted. */
export function hasSentBefore(db: DatabaseSync, runId: number): boolean {
  return db.prepare(
    `SELECT 1 FROM "spoor.steps" WHERE run_id < ? AND requests_accepted > 0 AND groups_saved > 0 LIMIT 1`,
  ).get(BigInt(runId)) !== undefined;
}

/** Ends a run. */
export function finishRun(db: DatabaseSync, runId: number, status: string, now: string): void {
  db.prepare(`UPDATE "spoor.runs" SET status = ?, ended_at = ? WHERE id = ?`)
    .run(status, now, BigInt(runId));
}

/** Records a model's part in a run. */
export function recordStep(db: DatabaseSync, step: StepRecord): void {
  const count = (value: number | undefined) => value === undefined ? null : BigInt(value);
  const { delivery: d, requests: r } = step;
  cachedStatement(
    db,
    `INSERT OR REPLACE INTO "spoor.steps" VALUES (${Array(22).fill("?").join(", ")})`,
  ).run(
    BigInt(step.runId),
    step.model,
    step.kind,
    step.status,
    step.reason,
    count(step.rows),
    step.elapsedMs,
    ...[d?.new, d?.changed, d?.unchanged, d?.removed, d?.saved, d?.failed, d?.unknown, d?.left].map(
      count,
    ),
    ...[r?.sent, r?.accepted, r?.refused, r?.retries].map(count),
    step.error ? JSON.stringify(step.error) : null,
    count(d?.rejected),
    d ? count(d.held_back ?? 0) : null,
  );
}
