/**
 * Which batch a part came from: a batch that is refused goes out again in parts, and each part that is refused
 * in smaller ones.
 *
 * One row a part, and none where no batch is parted. Records of groups and of requests name a part by the id
 * of its own batch, or of its one change.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";

/** A batch that went out again in parts. */
export interface PartedBatch {
  /** Below 0. */
  batch: number;
  /** How many it was of. */
  groups: number;
}

/** Records them, for one run. */
export class BatchParts {
  readonly #put: StatementSync;

  constructor(db: DatabaseSync, private readonly runId: number) {
    // A model may send a group alone again and again: the last time counts, as in the group's record.
    this.#put = db.prepare(`INSERT OR REPLACE INTO "spoor.batch_parts" VALUES (?, ?, ?, ?)`);
  }

  /** Call inside the transaction that notes that a request of the part is about to leave. */
  put(part: number, { batch, groups }: PartedBatch): void {
    this.#put.run(BigInt(part), BigInt(this.runId), BigInt(batch), BigInt(groups));
  }
}

/** The batches that a part has come from in a run, the last one first. */
export function batchesBefore(db: DatabaseSync, part: number, runId: number): PartedBatch[] {
  const read = db.prepare(
    `SELECT batch, groups FROM "spoor.batch_parts" WHERE part = ? AND run_id = ?`,
  );
  const found: PartedBatch[] = [];
  for (let last = part;;) {
    const row = read.get(BigInt(last), BigInt(runId));
    const batch = Number(row?.batch ?? 0);
    // Ids go down: what a damaged file has instead may lead in a circle.
    if (batch >= 0 || (last < 0 && batch <= last)) return found;
    found.push({ batch, groups: Number(row?.groups) });
    last = batch;
  }
}
