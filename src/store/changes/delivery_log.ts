/**
 * The record of how each change of a group ended, try after try: what `spoor why` tells.
 *
 * It grows with every delivery and is kept for ever, so each of its bytes counts. People read the view
 * `spoor.deliveries`, which has words for its numbers.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { ChangeAction } from "~/delivery/earlier_try.ts";
import { LearntIds } from "~/store/compact/learnt_ids.ts";
import { modelIdToWrite } from "~/store/compact/model_ids.ts";
import { packHex, unpackHex } from "~/store/compact/packed_hex.ts";
import { RunClock } from "~/store/compact/run_clock.ts";
import { ManyRowStatement } from "~/warehouse/statements/many_row_statement.ts";
import type { SqlValue } from "~/warehouse/values.ts";

/** How a try ended; `adopted`, `settled` and `retried` are a person's doing. */
export type DeliveryState =
  | "accepted"
  | "rejected"
  | "failed"
  | "unknown"
  | "adopted"
  | "settled"
  | "retried";

/** One try of a change. */
export interface DeliveryTry {
  groupKey: string;
  /** Id of the change in the ledger; 0 where it never was there. */
  changeId: number;
  /** Id of its batch, below 0; 0: on its own. */
  batch: number;
  action: ChangeAction;
  contentHash: string;
  /** What is another value now: JSON, as `tracked/compare/recorded_change.ts` writes it. */
  changed?: string | undefined;
}

/** How a try ended. */
export interface DeliveryEnd {
  state: DeliveryState;
  /** ISO 8601, UTC. */
  at: string;
  error?: string | undefined;
}

/** One try of a change, and its end. */
export type DeliveryRecord = DeliveryTry & DeliveryEnd;

/** A word's place is the number that stands for it; new ones come last. */
export const ACTION_CODES: readonly ChangeAction[] = ["create", "update", "remove"];
/** See {@linkcode ACTION_CODES}. */
export const STATE_CODES: readonly DeliveryState[] = [
  "accepted",
  "rejected",
  "failed",
  "unknown",
  "adopted",
  "settled",
  "retried",
];

/** In front of every content hash. */
const HASH_PREFIX = "1:";

/**
 * A group mostly has one record in a run; the second is the one after that.
 *
 * @param rows `(group_key, action, change_id, batch, content_hash, changed)`
 */
const insertSql = (rows: string) =>
  `INSERT INTO "spoor.delivery_records" (model_id, run_id, state, after_ms, error, group_key, action,
     change_id, batch, content_hash, changed, nth)
   SELECT ?1, ?2, ?3, ?4, ?5, *, coalesce((SELECT max(nth) + 1 FROM "spoor.delivery_records"
     WHERE model_id = ?1 AND group_key = column1 AND run_id = ?2), 0)
   FROM (VALUES ${rows})`;
const VALUES_IN_ROW = 6;

/** Records deliveries of one model in one run. */
export class DeliveryLog {
  readonly #insert: ManyRowStatement;
  readonly #clock: RunClock;
  readonly #ids: LearntIds;

  constructor(
    private readonly db: DatabaseSync,
    private readonly runId: number,
    private readonly model: string,
  ) {
    this.#clock = new RunClock(db, runId);
    this.#ids = new LearntIds(db);
    this.#insert = new ManyRowStatement(db, VALUES_IN_ROW, insertSql);
  }

  /** Call inside a transaction. */
  write(delivery: DeliveryRecord): void {
    this.writeAll([delivery], delivery);
  }

  /** Tries of different groups that ended together. Call inside a transaction. */
  writeAll(tries: readonly DeliveryTry[], { state, at, error }: DeliveryEnd): void {
    if (tries.length === 0) return;
    const modelId = this.#ids.get(this.model, () => modelIdToWrite(this.db, this.model));
    const values: SqlValue[] = [];
    for (const { groupKey, action, changeId, batch, contentHash, changed } of tries) {
      const hash = packHash(contentHash);
      values.push(groupKey, ACTION_CODES.indexOf(action), changeId, batch, hash, changed ?? null);
    }
    const same = [
      modelId,
      this.runId,
      STATE_CODES.indexOf(state),
      this.#clock.msAt(at),
      error ?? null,
    ];
    this.#insert.run(values, same);
  }
}

function packHash(hash: string): Uint8Array | string {
  if (!hash.startsWith(HASH_PREFIX)) return hash;
  const packed = packHex(hash.slice(HASH_PREFIX.length));
  return typeof packed === "string" ? hash : packed;
}

/** A content hash as it was written. */
export function unpackHash(packed: unknown): string {
  return packed instanceof Uint8Array ? HASH_PREFIX + unpackHex(packed) : String(packed);
}
