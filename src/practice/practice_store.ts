/**
 * What the practice API keeps: the requests, the records, and the answers to repeat.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { hideInHeaders } from "~/base/secrets/hide_credentials.ts";
import type { PracticeRecord, PracticeRequest } from "./practice_request.ts";

/** A record where the far side keeps it. */
export interface StoredRecord {
  id: string;
  body: PracticeRecord;
}

/** An answer kept with its `Idempotency-Key`. */
export interface StoredAnswer {
  identity: string;
  status: number;
  location: string | undefined;
  body: string;
}

/** How a request ended, for the list of requests. */
export interface RequestOutcome {
  /** ISO 8601, UTC. */
  at: string;
  status: number | undefined;
  replayed: boolean;
  fault: string | undefined;
}

/** No body is kept longer in the list of requests. */
const KEPT_BODY_BYTES = 64 * 1_024;

/** Reads and writes a practice file; the caller brings the transaction. */
export class PracticeStore {
  #nextSeq: number;
  readonly #sessionStart: number;
  readonly #statements;

  constructor(db: DatabaseSync) {
    this.#statements = prepareAll(db);
    this.#nextSeq = maxOf(db, "SELECT max(seq) AS n FROM records") + 1;
    this.#sessionStart = maxOf(db, "SELECT max(id) AS n FROM requests");
  }

  /** The id that a record without one gets; each call gives another. */
  nextId(): number {
    return this.#nextSeq++;
  }

  findRecord(host: string, collection: string, id: string): PracticeRecord | undefined {
    const row = this.#statements.findRecord.get(host, collection, id);
    return row && JSON.parse(String(row["body"]));
  }

  /** Creates or replaces. */
  saveRecord(host: string, collection: string, record: StoredRecord, at: string): void {
    const body = JSON.stringify(record.body);
    this.#statements.saveRecord.run(host, collection, record.id, body, at, at);
  }

  /** Whether there was something to remove. */
  removeRecord(host: string, collection: string, id: string): boolean {
    return Number(this.#statements.removeRecord.run(host, collection, id).changes) > 0;
  }

  hasCollection(host: string, collection: string): boolean {
    return this.#statements.hasCollection.get(host, collection) !== undefined;
  }

  /** In the order of their creation, one after another: a collection may be larger than memory. */
  *records(host: string, collection: string): Generator<PracticeRecord> {
    for (const row of this.#statements.listRecords.iterate(host, collection)) {
      yield JSON.parse(String(row["body"]));
    }
  }

  findAnswer(host: string, idempotencyKey: string): StoredAnswer | undefined {
    const row = this.#statements.findAnswer.get(host, idempotencyKey);
    return row && {
      identity: String(row["identity"]),
      status: Number(row["status"]),
      location: row["location"] === null ? undefined : String(row["location"]),
      body: String(row["body"]),
    };
  }

  saveAnswer(host: string, idempotencyKey: string, answer: StoredAnswer): void {
    const { identity, status, location, body } = answer;
    this.#statements.saveAnswer.run(
      host,
      idempotencyKey,
      identity,
      BigInt(status),
      location ?? null,
      body,
    );
  }

  /** How often the same request has come since this practice began. */
  countEarlier(identity: string): number {
    const row = this.#statements.countEarlier.get(identity, BigInt(this.#sessionStart));
    return Number(row?.["n"]);
  }

  logRequest(request: PracticeRequest, outcome: RequestOutcome): void {
    this.#statements.logRequest.run(
      outcome.at,
      request.scheme,
      request.host,
      request.method,
      request.path,
      request.query,
      keptHeaders(request.headers),
      request.idempotencyKey || null,
      keptBody(request.body),
      BigInt(request.body.length),
      outcome.status === undefined ? null : BigInt(outcome.status),
      outcome.replayed ? 1n : 0n,
      outcome.fault ?? null,
      request.identity,
    );
  }
}

function prepareAll(db: DatabaseSync) {
  return {
    findRecord: db.prepare(
      "SELECT body FROM records WHERE host = ? AND collection = ? AND id = ?",
    ),
    saveRecord: db.prepare(
      `INSERT INTO records (host, collection, id, body, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (host, collection, id)
       DO UPDATE SET body = excluded.body, updated_at = excluded.updated_at`,
    ),
    removeRecord: db.prepare("DELETE FROM records WHERE host = ? AND collection = ? AND id = ?"),
    hasCollection: db.prepare("SELECT 1 FROM records WHERE host = ? AND collection = ? LIMIT 1"),
    listRecords: db.prepare(
      "SELECT body FROM records WHERE host = ? AND collection = ? ORDER BY seq",
    ),
    findAnswer: db.prepare(
      `SELECT identity, status, location, body FROM answers
       WHERE host = ? AND idempotency_key = ?`,
    ),
    saveAnswer: db.prepare("INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?)"),
    countEarlier: db.prepare("SELECT count(*) AS n FROM requests WHERE identity = ? AND id > ?"),
    logRequest: db.prepare(
      `INSERT INTO requests (at, scheme, host, method, path, query, headers, idempotency_key, body,
         body_bytes, status, replayed, fault, identity)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
  };
}

function maxOf(db: DatabaseSync, sql: string): number {
  return Number(db.prepare(sql).get()?.["n"] ?? 0);
}

/** What says nothing about a request, or stands in a column of its own. */
const DROPPED_HEADERS = new Set([
  "accept",
  "accept-encoding",
  "accept-language",
  "connection",
  "content-length",
  "host",
  "idempotency-key",
  "spoor-practice-origin",
]);

function keptHeaders(headers: Headers): string {
  return JSON.stringify(
    hideInHeaders([...headers].filter(([name]) => !DROPPED_HEADERS.has(name))),
  );
}

/** Text where it is UTF-8 (a letter that the cut has halved is left out), else bytes. */
function keptBody(body: Uint8Array): string | Uint8Array {
  const kept = body.subarray(0, KEPT_BODY_BYTES);
  // SQLite gives a text back only up to its first NUL.
  if (kept.includes(0)) return kept;
  try {
    const isCut = kept.length < body.length;
    return new TextDecoder("utf-8", { fatal: true }).decode(kept, { stream: isCut });
  } catch {
    // Not UTF-8: an image, say.
    return kept;
  }
}
