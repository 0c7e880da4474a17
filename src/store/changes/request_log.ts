/**
 * The record of every request. What was sent and answered is kept for some of them only (`kept_bodies.ts`).
 *
 * What requests of a run have in common is kept once, as their kind; what is left of one is some 40 bytes.
 * An `Idempotency-Key` that can be made of its change is kept with the bodies, as long as they are.
 * People read the view `spoor.requests`.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { LearntIds } from "~/store/compact/learnt_ids.ts";
import { modelIdsOf, modelIdToWrite } from "~/store/compact/model_ids.ts";
import { packHex } from "~/store/compact/packed_hex.ts";
import { RunClock } from "~/store/compact/run_clock.ts";
import { UrlBeginnings } from "~/store/compact/url_beginnings.ts";
import { cachedStatement } from "~/warehouse/statements/cached_statement.ts";
import { KeptBodies } from "./kept_bodies.ts";

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
  /** The model's name that the key is made of; where it is that of the first request of one change. */
  keyName?: string | undefined;
  /** Id of the change that it is about, or of the batch. */
  subject?: number | undefined;
  /** JSON of headers and body, masked and cut. */
  request: string;
  response: string;
}

/** Requests after which bodies are looked at that may have to go. */
const PRUNE_EVERY = 1_000;

/** Records requests of one model in one run. */
export class RequestLog {
  readonly #insert;
  readonly #insertBodies;
  readonly #clock: RunClock;
  readonly #kinds: LearntIds;
  readonly #urls = new UrlBeginnings();
  readonly #kept: KeptBodies;

  constructor(
    private readonly db: DatabaseSync,
    private readonly runId: number,
    private readonly model: string,
  ) {
    this.#clock = new RunClock(db, runId);
    this.#kinds = new LearntIds(db);
    this.#kept = new KeptBodies(db);
    this.#insert = db.prepare(
      `INSERT INTO "spoor.request_records" (kind_id, change_id, after_ms, elapsed_tenths, attempts, url,
       error, idempotency_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#insertBodies = db.prepare(`INSERT INTO "spoor.request_bodies" VALUES (?, ?, ?, ?)`);
  }

  /** Call inside a transaction. */
  write(request: RequestRecord): void {
    const { method, status, keyName, subject } = request;
    const [beginning, rest] = this.#urls.split(request.url);
    const kind = this.#kinds.get(
      `${method} ${status} ${keyName} ${beginning}`,
      () => this.#makeKind(request, beginning),
    );
    const key = request.idempotencyKey === "" ? null : packHex(request.idempotencyKey);
    const { lastInsertRowid } = this.#insert.run(
      kind,
      subject === undefined ? null : BigInt(subject),
      this.#clock.msAt(request.at),
      BigInt(Math.round(request.elapsedMs * 10)),
      BigInt(request.attempts),
      rest,
      request.error ?? null,
      keyName === undefined ? key : null,
    );
    const bodiesKey = keyName === undefined ? null : key;
    const id = BigInt(lastInsertRowid);
    this.#insertBodies.run(id, request.request, request.response, bodiesKey);
    // Now and then during a run too: a push of a million requests is not to fill the disk with bodies.
    if (Number(id) % PRUNE_EVERY === 0) this.#kept.prune();
  }

  #makeKind({ method, status, keyName }: RequestRecord, beginning: string): bigint {
    const { lastInsertRowid } = cachedStatement(
      this.db,
      `INSERT INTO "spoor.request_kinds" (run_id, model_id, key_name, method, url, status, first_id)
       VALUES (?, ?, ?, ?, ?, ?, (SELECT coalesce(max(id), 0) + 1 FROM "spoor.request_records"))`,
    ).run(
      BigInt(this.runId),
      modelIdToWrite(this.db, this.model),
      keyName ?? null,
      method,
      beginning,
      status === undefined ? null : BigInt(status),
    );
    return BigInt(lastInsertRowid);
  }
}

/** Requests that a forecast looks at. */
const RECENT = 100;

/** How long a model's last requests took, in the middle; `undefined`: it has sent none. */
export function usualRequestMs(db: DatabaseSync, model: string): number | undefined {
  const run = db.prepare(
    `SELECT max(run_id) AS id FROM "spoor.steps" WHERE model = ? AND requests_sent > 0`,
  ).get(model);
  const runId = BigInt(Number(run?.id ?? 0));
  const times = modelIdsOf(db, model).flatMap((id) => answeredOnce(db, runId, id))
    .sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)];
}

/** A run's requests lie together, whatever other models have sent meanwhile. */
function answeredOnce(db: DatabaseSync, runId: bigint, modelId: bigint): number[] {
  return db.prepare(
    `WITH kinds AS (SELECT id, first_id FROM "spoor.request_kinds"
       WHERE run_id = ?1 AND model_id = ?2 AND status IS NOT NULL)
     SELECT elapsed_tenths / 10.0 AS ms FROM "spoor.request_records"
     WHERE id >= (SELECT min(first_id) FROM kinds)
       AND id < coalesce((SELECT min(first_id) FROM "spoor.request_kinds" WHERE run_id =
         (SELECT min(run_id) FROM "spoor.request_kinds" WHERE run_id > ?1)), 9e18)
       AND kind_id IN (SELECT id FROM kinds) AND attempts = 1
     ORDER BY id LIMIT ?3`,
  ).all(runId, modelId, BigInt(RECENT)).map(({ ms }) => Number(ms));
}
