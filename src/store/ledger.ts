/**
 * The ledger: changes whose request is out, or was and is not acknowledged.
 *
 * A row is written before the first byte of a change leaves and is removed by its acknowledgement.
 * Its id is the change's identity: every `Idempotency-Key` of the change is made of it, in this run
 * and in the next one after a crash. A change to other content is another change and gets another id.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";

/** One change that is not acknowledged. */
export interface LedgerEntry {
  id: number;
  /** The group's key as text. */
  groupKey: string;
  contentHash: string;
  state: "sent" | "failed";
  /** Id of the first change of the batch that went out together; 0: on its own. */
  batch: number;
}

/**
 * The batch that a change is to go out in again; 0: no wish. Only one that may have arrived is repeated
 * exactly: after a refusal the model may well be right to send fewer groups at once.
 */
export function batchToRepeat({ id, state, batch }: LedgerEntry): number {
  return state === "sent" ? batch || id : 0;
}

/** A model's changes that are not acknowledged. */
export function loadLedger(db: DatabaseSync, model: string): LedgerEntry[] {
  return db.prepare(
    `SELECT id, group_key, content_hash, state, batch FROM "spoor.ledger" WHERE model = ? ORDER BY id`,
  ).all(model).map((row) => ({
    id: Number(row.id),
    groupKey: String(row.group_key),
    contentHash: String(row.content_hash),
    state: row.state as LedgerEntry["state"],
    batch: Number(row.batch),
  }));
}

/** The id that the next change gets; ids are never used twice. */
export function nextLedgerId(db: DatabaseSync): number {
  const row = db.prepare(`SELECT seq FROM sqlite_sequence WHERE name = 'spoor.ledger'`).get();
  return Number(row?.seq ?? 0) + 1;
}

/** A change that is about to leave. */
export interface Intent extends LedgerEntry {
  runId: number;
}

/** Prepared statements of the ledger, for one model. */
export class Ledger {
  readonly #write;
  readonly #remove;
  readonly #fail;
  readonly #forget;

  constructor(db: DatabaseSync, private readonly model: string) {
    this.#write = db.prepare(
      `INSERT OR REPLACE INTO "spoor.ledger" (id, model, group_key, content_hash, state, batch, attempts, run_id)
       VALUES (?1, ?2, ?3, ?4, 'sent', ?5,
         1 + coalesce((SELECT attempts FROM "spoor.ledger" WHERE id = ?1), 0), ?6)`,
    );
    this.#remove = db.prepare(`DELETE FROM "spoor.ledger" WHERE id = ?`);
    this.#fail = db.prepare(`UPDATE "spoor.ledger" SET state = 'failed', error = ? WHERE id = ?`);
    this.#forget = db.prepare(`DELETE FROM "spoor.ledger" WHERE model = ? AND group_key = ?`);
  }

  /** The change is about to leave. Durable before its request is. */
  write(intent: Intent): void {
    this.#write.run(
      BigInt(intent.id),
      this.model,
      intent.groupKey,
      intent.contentHash,
      BigInt(intent.batch),
      BigInt(intent.runId),
    );
  }

  /** The change is acknowledged. */
  remove(id: number): void {
    this.#remove.run(BigInt(id));
  }

  /** The change was answered and not accepted; it comes again. */
  fail(id: number, error: string): void {
    this.#fail.run(error, BigInt(id));
  }

  /** The group is gone, and its change with it. */
  forget(groupKey: string): void {
    this.#forget.run(this.model, groupKey);
  }
}
