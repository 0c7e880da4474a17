/**
 * Which requests have their bodies on record: the newest, whatever became of them, and the last ones of each
 * change that is not accepted, as long as there is room for those.
 *
 * Each of the two has a bound of its own, in number and in bytes, so that neither much that goes well nor much
 * that fails fills the disk. Nothing else of the record is ever dropped.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { cachedStatement } from "~/warehouse/statements/cached_statement.ts";

/** Of the newest requests: some 400 bytes each where both bodies are short. */
export const BODIES_KEPT = 20_000;
/** Where they are longer, as many as take about so much room. */
export const BODIES_BYTES = 8 * 2 ** 20;
/** Of older ones whose change is not accepted. */
export const OPEN_KEPT = 10_000;
export const OPEN_BYTES = 8 * 2 ** 20;
/** Of one such change: as many of a try as `spoor why` tells. */
const OF_ONE_CHANGE = 10;
/** By these the length of all of the newest is reckoned. */
const NEWEST = 100;

/**
 * SQL: the request belongs to what the ledger has. A batch that is out is none of them yet: its requests are among the
 * newest, and an index of all that goes well would cost more than all else here.
 */
const IS_OPEN = `EXISTS (
  SELECT 1 FROM "spoor.request_records" AS q WHERE q.id = request_id
    AND (EXISTS (SELECT 1 FROM "spoor.ledger" AS l WHERE l.id = q.change_id)
      OR EXISTS (SELECT 1 FROM "spoor.ledger" AS l
        WHERE l.batch = q.change_id AND l.batch < 0 AND l.state <> 'sent'))
    AND q.id IN (SELECT n.id FROM "spoor.request_records" AS n WHERE n.change_id = q.change_id
      ORDER BY n.id DESC LIMIT ${OF_ONE_CHANGE}))`;

const BYTES = `octet_length(request) + octet_length(response)`;

/** Keeps to the bounds while requests are recorded. */
export class KeptBodies {
  /**
   * The older ones up to this one have been looked at. Where that was in a transaction that was undone, what is not to
   * be kept stays until the run's end, or until there are too many: either looks at all.
   */
  #lookedAt = 0;

  constructor(private readonly db: DatabaseSync) {}

  /** Drops what is not to be kept. Call inside a transaction. */
  prune(): void {
    const end = lastOfOlder(this.db);
    if (end <= this.#lookedAt) return;
    dropAccepted(this.db, this.#lookedAt, end);
    this.#lookedAt = end;
    limitOpen(this.db, end);
  }
}

/** The last of those that are not among the newest; 0: all are. */
function lastOfOlder(db: DatabaseSync): number {
  const newest = cachedStatement(
    db,
    `SELECT max(request_id) AS id, avg(bytes) AS bytes FROM (
       SELECT request_id, ${BYTES} AS bytes
       FROM "spoor.request_bodies" ORDER BY request_id DESC LIMIT ${NEWEST})`,
  ).get();
  const byLength = Math.floor(BODIES_BYTES / Math.max(1, Number(newest?.bytes ?? 0)));
  return Math.max(0, Number(newest?.id ?? 0) - Math.min(BODIES_KEPT, byLength));
}

function dropAccepted(db: DatabaseSync, after: number, end: number): void {
  cachedStatement(
    db,
    `DELETE FROM "spoor.request_bodies" WHERE request_id > ? AND request_id <= ? AND NOT ${IS_OPEN}`,
  ).run(BigInt(after), BigInt(end));
}

/**
 * Where there are too many, those go that were accepted meanwhile, and of the others the oldest: half of the room
 * is free then, so that all of them are looked at seldom.
 */
function limitOpen(db: DatabaseSync, end: number): void {
  const older = cachedStatement(
    db,
    `SELECT count(*) AS n, sum(${BYTES}) AS bytes FROM "spoor.request_bodies" WHERE request_id <= ?`,
  ).get(BigInt(end));
  if (Number(older?.n) <= OPEN_KEPT && Number(older?.bytes ?? 0) <= OPEN_BYTES) return;
  dropAccepted(db, 0, end);
  const newestFirst = cachedStatement(
    db,
    `SELECT request_id AS id, ${BYTES} AS bytes FROM "spoor.request_bodies"
     WHERE request_id <= ? ORDER BY request_id DESC`,
  );
  let [count, bytes] = [0, 0];
  for (const row of newestFirst.iterate(BigInt(end))) {
    count += 1;
    bytes += Number(row.bytes);
    if (count <= OPEN_KEPT / 2 && bytes <= OPEN_BYTES / 2) continue;
    db.prepare(`DELETE FROM "spoor.request_bodies" WHERE request_id <= ?`)
      .run(BigInt(Number(row.id)));
    return;
  }
}

/** Once a run has ended: by then more is accepted. One that has sent nothing has nothing to drop. */
export function pruneBodies(db: DatabaseSync, runId: number): void {
  const last = db.prepare(`SELECT run_id FROM "spoor.request_kinds" ORDER BY id DESC LIMIT 1`)
    .get();
  if (last?.run_id === runId) new KeptBodies(db).prune();
}
