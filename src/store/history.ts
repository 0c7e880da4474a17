/**
 * Reading back what ran: runs, and each model's part in them, newest first.
 *
 * @module
 */
// deno-lint-ignore-file camelcase -- columns, as SQL gives them and --json prints them.
import type { DatabaseSync } from "node:sqlite";
import { isSameName } from "~/base/text/same_name.ts";
import { findTableType } from "~/warehouse/tables.ts";

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
  /**
   * Groups that were to be delivered: those that have come to one of the ends that follow. Null, as these,
   * in a run that has not ended, or died: nobody has added them up.
   */
  groups_delivered: number | null;
  groups_saved: number | null;
  groups_rejected: number | null;
  groups_failed: number | null;
  groups_unknown: number | null;
  groups_left: number | null;
  /** Models whose groups were not all accounted for; 0 unless the file was tampered with. */
  unbalanced: number;
  /** In a run that has not ended, or died: those that are on record, writes that are out, or were then, included. */
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
  groups_rejected?: number | null;
  /** Held back: parked, rejected, or for a person to settle. */
  groups_parked?: number | null;
  /** Absent where it compared no groups. */
  groups_delivered?: number;
  /** Whether all delivered groups have come to an end, or were left. */
  sums_balance?: boolean;
  /** In a run that has not ended, or died: those that are on record, writes that are out, or were then, included. */
  requests_sent: number | null;
  requests_accepted: number | null;
  requests_refused: number | null;
  requests_retries: number | null;
  /** JSON of an `ErrorReport`. */
  error: string | null;
}

/** What became of groups, added up. */
const ENDS =
  "(groups_saved + coalesce(REJECTED, 0) + groups_failed + groups_unknown + groups_left)";
/** What was to be sent; removed groups are, where the model asks for them. */
const FOUND = "(groups_new + groups_changed)";
const BALANCES = `${ENDS} IN (${FOUND}, ${FOUND} + groups_removed)`;
const DELIVERED = `CASE WHEN ${BALANCES} THEN ${ENDS} ELSE ${FOUND} END`;

/** A file that no run of this version has opened yet lacks a column. */
function withRejected(db: DatabaseSync, sql: string): string {
  const column = "groups_rejected";
  const has = db.prepare(`SELECT 1 FROM pragma_table_info('spoor.steps') WHERE name = ?`)
    .get(column);
  return sql.replaceAll("REJECTED", has ? column : "0");
}

/**
 * SQL: how many requests are on record, those that are out included, of which no file of an earlier version has any.
 *
 * @param where SQL with `run_id` and `model`.
 */
export function countRequests(db: DatabaseSync, where: string): string {
  const ended = `SELECT count(*) FROM "spoor.requests" WHERE ${where}`;
  if (!findTableType(db, "spoor.open_requests")) return `(${ended})`;
  const out = `SELECT count(*) FROM "spoor.open_requests"
    JOIN "spoor.model_names" AS m ON m.id = model_id WHERE ${where}`;
  return `((${ended}) + (${out}))`;
}

/** The last runs. */
export function recentRuns(db: DatabaseSync, limit: number): RunHistoryRow[] {
  const sum = (expression: string, name: string) =>
    `CASE WHEN ended_at IS NOT NULL THEN coalesce(sum(${expression}), 0) END AS ${name}`;
  const rows = db.prepare(withRejected(
    db,
    `WITH runs AS (SELECT * FROM "spoor.runs" ORDER BY id DESC LIMIT ?)
    SELECT runs.id AS run_id, started_at, ended_at, runs.status, command,
      count(*) FILTER (WHERE steps.status = 'ok') AS ok,
      count(*) FILTER (WHERE steps.status = 'failed') AS failed,
      count(*) FILTER (WHERE steps.status = 'blocked') AS blocked,
      count(*) FILTER (WHERE steps.status = 'cancelled') AS cancelled,
      ${sum(DELIVERED, "groups_delivered")},
      ${sum("groups_saved", "groups_saved")},
      ${sum("REJECTED", "groups_rejected")},
      ${sum("groups_failed", "groups_failed")},
      ${sum("groups_unknown", "groups_unknown")},
      ${sum("groups_left", "groups_left")},
      count(*) FILTER (WHERE NOT ${BALANCES}) AS unbalanced,
      CASE WHEN ended_at IS NOT NULL THEN coalesce(sum(requests_sent), 0)
        ELSE ${countRequests(db, "run_id = runs.id")} END AS requests_sent
    FROM runs LEFT JOIN "spoor.steps" AS steps ON steps.run_id = runs.id
    GROUP BY runs.id ORDER BY runs.id DESC`,
  )).all(BigInt(limit));
  return rows.map((row) => ({ ...row })) as unknown as RunHistoryRow[];
}

/** The last runs in which a model had a part; its name in any case. */
export function recentSteps(db: DatabaseSync, model: string, limit: number): StepHistoryRow[] {
  const read = db.prepare(withRejected(
    db,
    `SELECT started_at, steps.*, ${DELIVERED} AS groups_delivered, ${BALANCES} AS sums_balance
    FROM "spoor.steps" AS steps JOIN "spoor.runs" AS runs ON runs.id = steps.run_id
    WHERE model = ? ORDER BY run_id DESC LIMIT ?`,
  ));
  // By the name itself first: only that is an index's.
  const rows = read.all(model, BigInt(limit));
  if (rows.length > 0) return rows.map(toStep);
  const known = modelsInHistory(db).find((name) => isSameName(name, model));
  return known === undefined ? [] : read.all(known, BigInt(limit)).map(toStep);
}

function toStep(row: Record<string, unknown>): StepHistoryRow {
  const { groups_delivered: delivered, sums_balance: balance, ...rest } = row;
  const sums = balance === null
    ? {}
    : { groups_delivered: Number(delivered), sums_balance: balance === 1 };
  return { ...rest, ...sums } as unknown as StepHistoryRow;
}

/** Names of all models that ever had a part in a run, by one look-up in the index each. */
export function modelsInHistory(db: DatabaseSync): string[] {
  const rows = db.prepare(
    `WITH RECURSIVE names (model) AS (
       SELECT min(model) FROM "spoor.steps"
       UNION ALL
       SELECT (SELECT min(model) FROM "spoor.steps" WHERE model > names.model) FROM names
       WHERE names.model IS NOT NULL
     ) SELECT model FROM names WHERE model IS NOT NULL`,
  ).all();
  return rows.map(({ model }) => String(model));
}
