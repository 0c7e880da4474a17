/**
 * Reads what the practice API has received: for `spoor practice` and for tests.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { countFrom } from "~/warehouse/tables.ts";
import { openPracticeReadOnly } from "./open_practice.ts";

/** What was sent to one host. */
export interface PracticeHost {
  host: string;
  requests: number;
  /** Requests that a fault hit. */
  faults: number;
  /** Records that it holds. */
  records: number;
  /** ISO 8601, UTC. */
  lastAt: string;
}

/** One request as it was received. */
export interface ReceivedRequest {
  id: number;
  /** ISO 8601, UTC. */
  at: string;
  method: string;
  /** As the model wrote it: scheme, host, path and query. */
  url: string;
  /** Those that say something; credentials are masked. */
  headers: Readonly<Record<string, string>>;
  idempotencyKey: string | undefined;
  /** The first 64 kB; bytes where it is no text. */
  body: string | Uint8Array;
  /** Of the whole body. */
  bodyBytes: number;
  /** Undefined: it was not answered. */
  status: number | undefined;
  /** It had come before, and changed nothing. */
  replayed: boolean;
  /** The faults that hit it, as they were written. */
  fault: string | undefined;
}

/** One record that practice holds. */
export interface HeldRecord {
  host: string;
  collection: string;
  id: string;
  body: Readonly<Record<string, unknown>>;
  createdAt: string;
  updatedAt: string;
}

/** Which requests or records; all that is given must hold. */
export interface PracticeFilter {
  host?: string | undefined;
  /** How the path begins. */
  path?: string | undefined;
  /** In a request: its Idempotency-Key, a part of its path, or a value in its body. In a record: its id, or a value. */
  key?: string | undefined;
}

/** A practice file open for reading. */
export class PracticeReader implements Disposable {
  constructor(private readonly db: DatabaseSync) {}

  /** The hosts, the one with most requests first. */
  hosts(): PracticeHost[] {
    const rows = this.db.prepare(
      `SELECT host, count(*) AS requests, count(fault) AS faults, max(at) AS last_at,
         (SELECT count(*) FROM records WHERE records.host = requests.host) AS records
       FROM requests GROUP BY host ORDER BY requests DESC, host`,
    ).all();
    return rows.map((row) => ({
      host: String(row["host"]),
      requests: Number(row["requests"]),
      faults: Number(row["faults"]),
      records: Number(row["records"]),
      lastAt: String(row["last_at"]),
    }));
  }

  countRequests(filter: PracticeFilter = {}): number {
    const { where, params } = requestCondition(filter);
    return countFrom(this.db, `requests ${where}`, ...params);
  }

  /** The newest first. */
  requests(filter: PracticeFilter = {}, limit = 100): ReceivedRequest[] {
    const { where, params } = requestCondition(filter);
    const sql = `SELECT * FROM requests ${where} ORDER BY id DESC LIMIT ?`;
    return this.db.prepare(sql).all(...params, BigInt(limit)).map(toRequest);
  }

  countRecords(filter: PracticeFilter = {}): number {
    const { where, params } = recordCondition(filter);
    return countFrom(this.db, `records ${where}`, ...params);
  }

  /** In the order of their creation. */
  records(filter: PracticeFilter = {}, limit = 100): HeldRecord[] {
    const { where, params } = recordCondition(filter);
    const sql = `SELECT * FROM records ${where} ORDER BY seq LIMIT ?`;
    return this.db.prepare(sql).all(...params, BigInt(limit)).map((row) => ({
      host: String(row["host"]),
      collection: String(row["collection"]),
      id: String(row["id"]),
      body: JSON.parse(String(row["body"])),
      createdAt: String(row["created_at"]),
      updatedAt: String(row["updated_at"]),
    }));
  }

  [Symbol.dispose](): void {
    this.db.close();
  }
}

/**
 * Opens a practice file for reading.
 *
 * @returns `undefined` when nothing was practised yet.
 * @throws {UserError} If the file is something else.
 */
export function readPractice(dbPath: string): PracticeReader | undefined {
  const db = openPracticeReadOnly(dbPath);
  return db && new PracticeReader(db);
}

interface Condition {
  where: string;
  params: string[];
}

function requestCondition({ host, path, key }: PracticeFilter): Condition {
  return conditionOf([
    ["host = ?", host],
    ["substr(path, 1, length(?)) = ?", path, path],
    [
      `(idempotency_key = ? OR instr(body, ?) > 0
        OR instr(path || '/', ?) > 0 OR instr(path || '/', ?) > 0)`,
      key,
      key,
      // Which signs are written out in an address is up to who makes it.
      key && `/${key}/`,
      key && `/${encodeURIComponent(key)}/`,
    ],
  ]);
}

function recordCondition({ host, path, key }: PracticeFilter): Condition {
  return conditionOf([
    ["host = ?", host],
    ["substr(collection || '/' || id, 1, length(?)) = ?", path, path],
    ["(id = ? OR instr(body, ?) > 0)", key, key],
  ]);
}

type ConditionPart = readonly [sql: string, ...values: (string | undefined)[]];

/** Parts that are given have all their values, others none. */
function conditionOf(parts: readonly ConditionPart[]): Condition {
  const given = parts.filter(([, first]) => first !== undefined);
  if (given.length === 0) return { where: "", params: [] };
  return {
    where: `WHERE ${given.map(([sql]) => sql).join(" AND ")}`,
    params: given.flatMap(([, ...values]) => values.filter((value) => value !== undefined)),
  };
}

function toRequest(row: Record<string, unknown>): ReceivedRequest {
  return {
    id: Number(row["id"]),
    at: String(row["at"]),
    method: String(row["method"]),
    url: `${row["scheme"]}://${row["host"]}${row["path"]}${row["query"]}`,
    headers: JSON.parse(String(row["headers"])),
    idempotencyKey: row["idempotency_key"] === null ? undefined : String(row["idempotency_key"]),
    body: row["body"] instanceof Uint8Array ? row["body"] : String(row["body"]),
    bodyBytes: Number(row["body_bytes"]),
    status: row["status"] === null ? undefined : Number(row["status"]),
    replayed: row["replayed"] === 1,
    fault: row["fault"] === null ? undefined : String(row["fault"]),
  };
}
