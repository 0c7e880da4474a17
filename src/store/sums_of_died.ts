/**
 * What runs that were killed have noted of a model's groups, added up: they could not do so themselves.
 *
 * @module
 */
// deno-lint-ignore-file camelcase -- columns, as SQL gives them and --json prints them.
import type { DatabaseSync } from "node:sqlite";
import { findTableType } from "~/warehouse/tables.ts";
import { cutOffNote, runCutOff } from "./changes/cut_off.ts";
import { STATE_CODES } from "./changes/delivery_log.ts";
import { runOfPending } from "./changes/pending.ts";
import { modelIdsOf } from "./compact/model_ids.ts";

/** Groups, by how they have ended. */
export interface SumsOfDied {
  groups_saved: number;
  groups_rejected: number;
  groups_failed: number;
  /** Those that were out when it died included. */
  groups_unknown: number;
  /** Known until a later run looks for itself. */
  groups_left: number | null;
  /** All of them, where it is known what was left. */
  groups_delivered?: number;
}

/** The record lies in the order of groups: to find a run's part in it, all that it has of the model is read. */
const MOST_READ = 200_000;

/** @returns By run; nothing where to read the record would take too long. */
export function sumsOfDied(
  db: DatabaseSync,
  model: string,
  runIds: readonly number[],
  mostRead = MOST_READ,
): ReadonlyMap<number, SumsOfDied> {
  // A file of an earlier version has another record.
  if (runIds.length === 0 || !findTableType(db, "spoor.delivery_records")) return new Map();
  const ids = JSON.stringify(modelIdsOf(db, model).map(Number));
  if (hasMore(db, ids, mostRead)) return new Map();
  const ends = countEnds(db, ids, runIds);
  const out = countOut(db, model, runIds);
  const [waitingOf, waiting] = [runOfPending(db, model), countPending(db, model)];
  return new Map(runIds.map((runId): [number, SumsOfDied] => {
    const ended = (state: string) => ends.get(`${runId} ${state}`) ?? 0;
    const sums = {
      groups_saved: ended("accepted"),
      groups_rejected: ended("rejected"),
      groups_failed: ended("failed"),
      groups_unknown: ended("unknown") + (out.get(runId) ?? 0),
    };
    if (waitingOf !== runId) return [runId, { ...sums, groups_left: null }];
    const groups_delivered = Object.values(sums).reduce((sum, one) => sum + one, waiting);
    return [runId, { ...sums, groups_left: waiting, groups_delivered }];
  }));
}

function hasMore(db: DatabaseSync, ids: string, rows: number): boolean {
  const row = db.prepare(
    `SELECT 1 FROM "spoor.delivery_records" WHERE model_id IN (SELECT value FROM json_each(?))
     LIMIT 1 OFFSET ?`,
  ).get(ids, BigInt(rows));
  return row !== undefined;
}

/** `RUN STATE` → groups. What was out when a run died a later one has noted. */
function countEnds(
  db: DatabaseSync,
  ids: string,
  runIds: readonly number[],
): Map<string, number> {
  const unknown = STATE_CODES.indexOf("unknown");
  const rows = db.prepare(
    `SELECT run_id, state, CASE WHEN state = ${unknown} THEN error END AS note, count(*) AS groups
     FROM "spoor.delivery_records"
     WHERE model_id IN (SELECT value FROM json_each(?1))
       AND (run_id IN (SELECT value FROM json_each(?2))
         OR (state = ${unknown} AND error IN (SELECT value FROM json_each(?3))))
     GROUP BY 1, 2, 3`,
  ).all(ids, JSON.stringify(runIds), JSON.stringify(runIds.map(cutOffNote)));
  const counts = new Map<string, number>();
  for (const { run_id, state, note, groups } of rows) {
    const runId = runCutOff(note === null ? null : String(note)) ?? run_id;
    const name = `${runId} ${STATE_CODES[Number(state)]}`;
    counts.set(name, (counts.get(name) ?? 0) + Number(groups));
  }
  return counts;
}

/** What was out, while no later run has noted it. */
function countOut(
  db: DatabaseSync,
  model: string,
  runIds: readonly number[],
): Map<number, number> {
  const rows = db.prepare(
    `SELECT run_id, count(*) AS groups FROM "spoor.ledger"
     WHERE model = ? AND state = 'sent' AND run_id IN (SELECT value FROM json_each(?)) GROUP BY 1`,
  ).all(model, JSON.stringify(runIds));
  return new Map(rows.map(({ run_id, groups }) => [Number(run_id), Number(groups)]));
}

function countPending(db: DatabaseSync, model: string): number {
  const row = db.prepare(`SELECT count(*) AS groups FROM "spoor.pending" WHERE model = ?`).get(
    model,
  );
  return Number(row?.groups);
}
