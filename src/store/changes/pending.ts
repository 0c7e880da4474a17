/**
 * Groups that wait to be begun: found to be new, changed or removed, and no request of theirs is to leave yet.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { spansOf } from "~/base/lists/number_spans.ts";
import type { ChangeAction } from "~/delivery/earlier_try.ts";

/** One of them. */
export interface PendingGroup {
  /** Its place among the groups of its delivery, from 1. */
  number: number;
  action: ChangeAction;
  groupKey: string;
}

/** What a run has left of a model. */
export interface PendingRow {
  runId: number;
  action: ChangeAction;
}

/** Statements for one model; call them inside a transaction. */
export class PendingGroups {
  readonly #remove: StatementSync;
  readonly #put: StatementSync;

  constructor(db: DatabaseSync, private readonly model: string, private readonly runId: number) {
    this.#remove = db.prepare(
      `DELETE FROM "spoor.pending" WHERE model = ? AND number BETWEEN ? AND ?`,
    );
    this.#put = db.prepare(`INSERT OR REPLACE INTO "spoor.pending" VALUES (?, ?, ?, ?, ?)`);
  }

  /** They are begun, or have ended. */
  remove(numbers: readonly number[]): void {
    for (const { first, last } of spansOf(numbers)) {
      this.#remove.run(this.model, BigInt(first), BigInt(last));
    }
  }

  /** It was not begun after all. */
  put({ number, action, groupKey }: PendingGroup): void {
    this.#put.run(this.model, BigInt(number), BigInt(this.runId), action, groupKey);
  }
}

/** What an earlier run has found of a model is looked for anew. */
export function clearPending(db: DatabaseSync, model: string): void {
  db.prepare(`DELETE FROM "spoor.pending" WHERE model = ?`).run(model);
}

/** The run that has left what is pending of a model, if anything is: it is all of one run. */
export function runOfPending(db: DatabaseSync, model: string): number | undefined {
  const row = db.prepare(`SELECT run_id FROM "spoor.pending" WHERE model = ? LIMIT 1`).get(model);
  return row && Number(row.run_id);
}

/** What the last run has left of a group; read from one end to the other, so for when something is left. */
export function pendingOf(
  db: DatabaseSync,
  model: string,
  groupKey: string,
): PendingRow | undefined {
  const row = db.prepare(
    `SELECT run_id, action FROM "spoor.pending" WHERE model = ? AND group_key = ? LIMIT 1`,
  ).get(model, groupKey);
  return row && { runId: Number(row.run_id), action: row.action as ChangeAction };
}
