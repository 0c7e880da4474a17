/**
 * The record of every request. What was sent and answered is kept for the newest only.
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
  /** The change that it is about, or the first one of its batch. */
  changeId?: number | undefined;
  /** JSON of headers and body, masked and cut. */
  request: string;
  response: string;
}

/** Records requests of one model in one run. */
export class RequestLog {
  readonly #insert;
  readonly #insertBodies;

  constructor(
    private readonly db: DatabaseSync,
    private readonly runId: number,
    private readonly model: string,
  ) {
    this.#insert = db.prepare(
      `INSERT INTO "spoor.requests" (run_id, model, at, method, url, status, error, attempts, elapsed_ms,
       idempotency_key, change_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#insertBodies = db.prepare(`INSERT INTO "spoor.request_bodies" VALUES (?, ?, ?)`);
  }

  write(request: RequestRecord): void {
    const { lastInsertRowid } = this.#insert.run(
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
      request.changeId === undefined ? null : BigInt(request.changeId),
    );
    this.#insertBodies.run(BigInt(lastInsertRowid), request.request, request.response);
    // Now and then during a run too: a push of a million requests is not to fill the disk with bodies.
    if (Number(lastInsertRowid) % PRUNE_EVERY === 0) pruneBodies(this.db);
  }
}

/** Requests that a forecast looks at. */
const RECENT = 100;

/** How long a model's last requests took, in the middle; `undefined`: it has sent none. */
export function usualRequestMs(db: DatabaseSync, model: string): number | undefined {
  const rows = db.prepare(
    `SELECT elapsed_ms FROM "spoor.requests" WHERE model = ? AND attempts = 1 AND status IS NOT NULL
       AND run_id = (SELECT max(run_id) FROM "spoor.steps" WHERE model = ? AND requests_sent > 0)
     LIMIT ?`,
  ).all(model, model, BigInt(RECENT));
  const times = rows.map((row) => Number(row.elapsed_ms)).sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)];
}

/** Requests whose bodies are kept: some 400 bytes each where both are short. */
export const BODIES_KEPT = 20_000;
const PRUNE_EVERY = 1_000;

/** Drops the bodies of all requests but the newest; nothing else of the record is ever dropped. */
export function pruneBodies(db: DatabaseSync): void {
  db.prepare(
    `DELETE FROM "spoor.request_bodies"
     WHERE request_id <= (SELECT max(request_id) FROM "spoor.request_bodies") - ?`,
  ).run(BigInt(BODIES_KEPT));
}
