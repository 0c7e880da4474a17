/**
 * The record of every request, without bodies.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";

/** One request, its tries taken together. */
export interface RequestRecord {
  at: string;
  method: string;
  /** Secrets masked. */
  url: string;
  status?: number | undefined;
  error?: string | undefined;
  attempts: number;
  elapsedMs: number;
  idempotencyKey: string;
}

/** Records requests of one model in one run. */
export class RequestLog {
  readonly #insert;

  constructor(db: DatabaseSync, private readonly runId: number, private readonly model: string) {
    this.#insert = db.prepare(
      `INSERT INTO "spoor.requests" (run_id, model, at, method, url, status, error, attempts, elapsed_ms, idempotency_key)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
  }

  write(request: RequestRecord): void {
    this.#insert.run(
      BigInt(this.runId),
      this.model,
      request.at,
      request.method,
      request.url,
      request.status === undefined ? null : BigInt(request.status),
      request.error ?? null,
      BigInt(request.attempts),
      request.elapsedMs,
      request.idempotencyKey || null,
    );
  }
}
