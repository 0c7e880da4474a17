/**
 * Writes that are out: on record beside the intents of their groups, before they leave, so that of one that was out
 * when its run died it is known what was sent, where to and by which key.
 *
 * Once a request has ended, or has not left, its row goes; the record of it is `request_log.ts`. What a run that
 * died has left here goes there when the next one begins.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { LearntIds } from "~/store/compact/learnt_ids.ts";
import { modelIdToWrite } from "~/store/compact/model_ids.ts";
import { RequestLog, type RequestRecord } from "./request_log.ts";

/** A request that is about to leave. */
export type OpenRequest = Pick<
  RequestRecord,
  "at" | "method" | "url" | "idempotencyKey" | "subject" | "request"
>;

/** What the record says of a request whose run died before it had ended. */
export const RUN_DIED = "The run died before the request had ended";

const NO_RESPONSE = JSON.stringify({ headers: {}, body: null });

/** Those of one model in one run. All of it is to be called inside transactions. */
export class OpenRequests {
  readonly #put: StatementSync;
  readonly #remove: StatementSync;
  readonly #ids: LearntIds;

  constructor(
    private readonly db: DatabaseSync,
    private readonly runId: number,
    private readonly model: string,
  ) {
    this.#ids = new LearntIds(db);
    this.#put = db.prepare(
      `INSERT OR REPLACE INTO "spoor.open_requests" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#remove = db.prepare(
      `DELETE FROM "spoor.open_requests" WHERE model_id = ? AND number = ?`,
    );
  }

  /** @param number Of the request; no other of the model's in this run has it. */
  put(number: number, open: OpenRequest): void {
    this.#put.run(
      this.#modelId(),
      BigInt(number),
      BigInt(this.runId),
      open.subject === undefined ? null : BigInt(open.subject),
      open.at,
      open.method,
      open.url,
      open.idempotencyKey,
      open.request,
    );
  }

  /** It has ended, or has not left. */
  remove(number: number): void {
    this.#remove.run(this.#modelId(), BigInt(number));
  }

  #modelId(): bigint {
    return this.#ids.get(this.model, () => modelIdToWrite(this.db, this.model));
  }
}

/** Puts on record what runs that died have left, as theirs. Call inside the transaction that begins a run. */
export function recordDeadRequests(db: DatabaseSync): void {
  const rows = db.prepare(
    `SELECT o.*, m.model FROM "spoor.open_requests" AS o
       JOIN "spoor.model_names" AS m ON m.id = o.model_id ORDER BY run_id, model_id, number`,
  ).all();
  for (const row of rows) {
    new RequestLog(db, Number(row.run_id), String(row.model)).write({
      at: String(row.at),
      method: String(row.method),
      url: String(row.url),
      error: RUN_DIED,
      attempts: 0,
      elapsedMs: 0,
      idempotencyKey: String(row.idempotency_key),
      subject: row.change_id === null ? undefined : Number(row.change_id),
      request: String(row.request),
      response: NO_RESPONSE,
    });
  }
  db.exec(`DELETE FROM "spoor.open_requests"`);
}
