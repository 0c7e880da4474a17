/**
 * The ledger: changes that are not accepted. A request of theirs is out, or was, or none was made.
 *
 * A row is written before the first byte of a change leaves and is removed by its acknowledgement.
 * Its id is the change's identity: every `Idempotency-Key` of the change is made of it, in this run
 * and in the next one after a crash. A change to other content is another change and gets another id.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { spansOf } from "~/base/lists/number_spans.ts";
import type { ChangeAction, EarlierTry, LedgerState } from "~/delivery/earlier_try.ts";
import { readMeta, writeMeta } from "~/store/meta.ts";
import { lastRunId } from "~/store/runs.ts";
import { ManyRowStatement } from "~/warehouse/statements/many_row_statement.ts";
import type { SqlValue } from "~/warehouse/values.ts";

/** One change that is not accepted. */
export interface LedgerEntry extends EarlierTry {
  /** The group's key as text. */
  groupKey: string;
  /** Its place in its batch, from 0. */
  place: number;
  /** The run that wrote it. */
  runId: number;
  error?: string;
  /** Since when it stands so; ISO 8601, UTC. */
  at?: string;
}

const COLUMNS_READ = [
  "id",
  "group_key",
  "content_hash",
  "batch",
  "place",
  "attempts",
  "action",
  "moved",
  "settled_hash",
  "state",
  "parked",
  "run_id",
];
const COLUMNS_WRITTEN = [...COLUMNS_READ, "model", "error", "at"];

/** @param rows The first nine of these columns. */
const writeSql = (rows: string) =>
  `INSERT OR REPLACE INTO "spoor.ledger" (${COLUMNS_WRITTEN.join(", ")})
   SELECT *, ?1, ?2, ?3, ?4, ?5, ?6 FROM (VALUES ${rows})`;
const VALUES_IN_ROW = 9;

/** SQL of a condition: what `isUnknown` says of an entry. */
export const IS_UNKNOWN = "state IN ('unknown', 'sent')";
/** SQL of the state that is told of: `sent` by a run that is over is `unknown`. */
export const TOLD_STATE = "replace(state, 'sent', 'unknown')";

/** SQL of a condition: a person has said of the group what the far side has. */
export const HAS_SETTLED = "(state = 'settled' OR settled_hash IS NOT NULL)";

const SELECT_ENTRY = `SELECT ${COLUMNS_READ.join(", ")}, error, at FROM "spoor.ledger"`;
const READ_AT_ONCE = 1_000;

/**
 * A model's changes that are not accepted, read when they are asked for: there may be a million that are parked.
 */
export class LedgerReader {
  readonly #isEmpty: boolean;
  readonly #get: StatementSync;

  /** What it has now is all that it is asked for: that it is empty is not looked for again. */
  constructor(private readonly db: DatabaseSync, private readonly model: string) {
    this.#get = db.prepare(`${SELECT_ENTRY} WHERE model = ? AND group_key = ?`);
    this.#isEmpty = !this.has();
  }

  /**
   * Whether there is one.
   *
   * @param which SQL of a condition.
   */
  has(which = "TRUE"): boolean {
    const sql = `SELECT 1 FROM "spoor.ledger" WHERE model = ? AND ${which} LIMIT 1`;
    return this.db.prepare(sql).get(this.model) !== undefined;
  }

  /** What it has of a group. */
  get(groupKey: string): LedgerEntry | undefined {
    if (this.#isEmpty) return undefined;
    const row = this.#get.get(this.model, groupKey);
    return row && toEntry(row);
  }

  /**
   * One after the other, in the order of their ids; those that are written meanwhile are not among them.
   *
   * @param which SQL of a condition.
   */
  *each(which = "TRUE"): Generator<LedgerEntry> {
    if (this.#isEmpty) return;
    const last = this.db.prepare(`SELECT max(id) AS id FROM "spoor.ledger"`).get()?.id;
    // `+`: by the ids, not by the index of models, whose entries would be put into order for each page.
    const page = this.db.prepare(
      `${SELECT_ENTRY} WHERE +model = ? AND id > ? AND id <= ? AND ${which} ORDER BY id LIMIT ${READ_AT_ONCE}`,
    );
    let after = 0n;
    while (true) {
      const rows = page.all(this.model, after, BigInt(Number(last)));
      for (const row of rows) yield toEntry(row);
      if (rows.length < READ_AT_ONCE) return;
      after = BigInt(Number(rows.at(-1)?.id));
    }
  }
}

function toEntry(row: Record<string, unknown>): LedgerEntry {
  return {
    id: Number(row.id),
    groupKey: String(row.group_key),
    contentHash: String(row.content_hash),
    state: row.state as LedgerState,
    batch: Number(row.batch),
    place: Number(row.place),
    attempts: Number(row.attempts),
    parked: row.parked !== 0,
    action: row.action as ChangeAction,
    moved: row.moved !== 0,
    settledHash: row.settled_hash === null ? undefined : String(row.settled_hash),
    runId: Number(row.run_id),
    ...typeof row.error === "string" && { error: row.error },
    ...typeof row.at === "string" && { at: row.at },
  };
}

/** The id that the next change gets; ids are never used twice. */
export function nextLedgerId(db: DatabaseSync): number {
  const row = db.prepare(`SELECT seq FROM sqlite_sequence WHERE name = 'spoor.ledger'`).get();
  return Number(row?.seq ?? 0) + 1;
}

/**
 * Ids up to this one are not given again, whether or not the ledger ever has them. Call inside a transaction.
 */
export function keepLedgerIds(db: DatabaseSync, last: number): void {
  const raised = db.prepare(
    `UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'spoor.ledger'`,
  ).run(BigInt(last));
  // There is none before the first row.
  if (raised.changes > 0) return;
  db.prepare(`INSERT INTO sqlite_sequence VALUES ('spoor.ledger', ?)`).run(BigInt(last));
}

/**
 * Ids go on from a time, if there was a run before: those that a lost state file has given since are not given again,
 * as it took longer than a millisecond to give one. What was refused gets another id too: where it was sent since, the
 * far side would answer as it did then, and do nothing. What may have arrived keeps its id, by which it is known as a
 * repeat. In a file of an earlier version what was refused keeps its own too: that may never have had the mark which is
 * missed. Call inside a transaction.
 *
 * @param at ISO 8601, UTC.
 */
export function renewLedgerIds(db: DatabaseSync, at: string): void {
  if (lastRunId(db) === null) return;
  if (!wereGiven(db)) return beginLedgerIds(db, Date.parse(at) % SHORT_IDS);
  keepLedgerIds(db, Date.parse(at));
  if (readMeta(db, LEAVES_MARK) === undefined) return;
  const { changes } = db.prepare(
    `UPDATE "spoor.ledger" AS l SET id = r.id, batch = iif(l.batch > 0, r.id, l.batch)
     FROM (SELECT id AS former, ?1 + row_number() OVER (ORDER BY id) AS id FROM "spoor.ledger"
       WHERE state IN ('failed', 'rejected')) AS r
     WHERE l.id = r.former`,
  ).run(BigInt(nextLedgerId(db) - 1));
  // An update gives none of the table's own.
  keepLedgerIds(db, nextLedgerId(db) - 1 + Number(changes));
}

/** SQLite keeps an id below this one in four bytes, and the time in six: each try is kept with its id for ever. */
const SHORT_IDS = 2 ** 30;
/** In `spoor.meta`: where ids begin that none was given of. */
const IDS_BEGIN = "ledger_ids_begin";

function wereGiven(db: DatabaseSync): boolean {
  return nextLedgerId(db) - 1 !== Number(readMeta(db, IDS_BEGIN) ?? 0);
}

/** A file that got lost since may have begun anywhere: so each run begins elsewhere, until one has given an id. */
function beginLedgerIds(db: DatabaseSync, begin: number): void {
  db.exec(`DELETE FROM sqlite_sequence WHERE name = 'spoor.ledger'`);
  keepLedgerIds(db, begin);
  writeMeta(db, IDS_BEGIN, String(begin));
}

/** In `spoor.meta`: runs on this file leave a mark beside it once they send. */
const LEAVES_MARK = "leaves_sent_mark";

/** Notes that one begins. Call inside a transaction. */
export function noteLeavesMark(db: DatabaseSync): void {
  if (readMeta(db, LEAVES_MARK) === undefined) writeMeta(db, LEAVES_MARK, "true");
}

/** How changes are to stand in the ledger. */
export interface LedgerStand extends Pick<LedgerEntry, "state" | "parked" | "runId"> {
  error?: string;
  /** ISO 8601, UTC. */
  at: string;
}

/** What of a change is its own. */
export type LedgerChange = Omit<LedgerEntry, keyof LedgerStand>;

/** Statements of the ledger, for one model; each is prepared once. */
export class Ledger {
  readonly #write: ManyRowStatement;
  readonly #remove: StatementSync;
  readonly #forget: StatementSync;
  readonly #renew: StatementSync;
  readonly #cutOff: StatementSync;
  readonly #forgetSettled: StatementSync;

  constructor(db: DatabaseSync, private readonly model: string) {
    this.#write = new ManyRowStatement(db, VALUES_IN_ROW, writeSql);
    this.#remove = db.prepare(`DELETE FROM "spoor.ledger" WHERE id BETWEEN ? AND ?`);
    this.#forget = db.prepare(`DELETE FROM "spoor.ledger" WHERE model = ? AND group_key = ?`);
    this.#forgetSettled = db.prepare(
      `UPDATE "spoor.ledger" SET settled_hash = NULL WHERE model = ? AND group_key = ?`,
    );
    // Inserted, not updated: else its id would be given once more.
    this.#renew = db.prepare(
      `INSERT OR REPLACE INTO "spoor.ledger" (${COLUMNS_WRITTEN.join(", ")})
       SELECT ?, group_key, content_hash, ?, ?, ?, action, ?, NULL, ?, ?, run_id, model, error, at FROM "spoor.ledger" WHERE model = ? AND group_key = ?`,
    );
    this.#cutOff = db.prepare(
      `UPDATE "spoor.ledger" SET state = 'unknown', error = ? WHERE id = ?`,
    );
  }

  /** In the place of what the ledger had of the groups. Durable before a request of them leaves. */
  write(changes: readonly LedgerChange[], { state, parked, runId, error, at }: LedgerStand): void {
    const values: SqlValue[] = [];
    for (const change of changes) {
      values.push(
        change.id,
        change.groupKey,
        change.contentHash,
        change.batch,
        change.place,
        change.attempts,
        change.action,
        Number(change.moved),
        change.settledHash ?? null,
      );
    }
    this.#write.run(values, [state, Number(parked), runId, this.model, error ?? null, at]);
  }

  /**
   * The group's last try stands under another id from now on: what comes of it has a key of its own. What was
   * settled before counts no more.
   */
  renew({ id, groupKey, state, batch, place, attempts, parked, moved }: LedgerEntry): void {
    this.#renew.run(
      BigInt(id),
      BigInt(batch),
      BigInt(place),
      BigInt(attempts),
      BigInt(moved),
      state,
      BigInt(parked),
      this.model,
      groupKey,
    );
  }

  /** No answer will come. Run and time stay those of the request: by them it is looked for at the far side. */
  cutOff(ids: readonly number[], error: string): void {
    for (const id of ids) this.#cutOff.run(error, BigInt(id));
  }

  /** What was settled of a group before its last try counts no more. */
  forgetSettled(groupKey: string): void {
    this.#forgetSettled.run(this.model, groupKey);
  }

  /** The changes are accepted. Those that follow each other, as in a batch, go in one statement. */
  remove(ids: readonly number[]): void {
    for (const { first, last } of spansOf(ids)) this.#remove.run(BigInt(first), BigInt(last));
  }

  /** The group is gone, or is what was accepted; and its change with it. */
  forget(groupKey: string): void {
    this.#forget.run(this.model, groupKey);
  }
}
