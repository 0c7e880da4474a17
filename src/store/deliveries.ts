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
import { cachedStatement } from "~/warehouse/cached_statement.ts";
import { LearntIds } from "./compact/learnt_ids.ts";
import { modelIdToWrite } from "./compact/model_ids.ts";
import { packHex, unpackHex } from "./compact/packed_hex.ts";
import { RunClock } from "./compact/run_clock.ts";

/** How a try ended; `adopted`, `settled` and `retried` are a person's doing. */
export type DeliveryState =
  | "accepted"
  | "rejected"
  | "failed"
  | "unknown"
  | "adopted"
  | "settled"
  | "retried";

/** One try of a change, and its end. */
export interface DeliveryRecord {
  groupKey: string;
  /** Id of the change in the ledger; 0 where it never was there. */
  changeId: number;
  /** Id of the first change of its batch; 0: on its own. */
  batch: number;
  action: ChangeAction;
  state: DeliveryState;
  /** ISO 8601, UTC. */
  at: string;
  contentHash: string;
  /** JSON: column → [old, new]. */
  changed?: string | undefined;
  error?: string | undefined;
}

/** A word's place is the number that stands for it; new ones come last. */
export const ACTION_CODES: readonly ChangeAction[] = ["create", "update", "remove"];
export const STATE_CODES: readonly DeliveryState[] = [
  ...["accepted", "rejected", "failed", "unknown", "adopted", "settled", "retried"] as const,
];

/** In front of every content hash. */
const HASH_PREFIX = "1:";

const INSERT_INTO = `INTO "spoor.delivery_records" (model_id, group_key, run_id, action, state,
  change_id, batch, after_ms, content_hash, changed, error, nth) VALUES (${"?, ".repeat(11)}`;
/** The number of a group's next record in one run. */
const NEXT = `(SELECT max(nth) + 1 FROM "spoor.delivery_records"
  WHERE model_id = ? AND group_key = ? AND run_id = ?)`;

/** Records deliveries of one model in one run. */
export class DeliveryLog {
  readonly #insertFirst;
  readonly #clock: RunClock;
  readonly #ids: LearntIds;
  readonly #runId: bigint;

  constructor(private readonly db: DatabaseSync, runId: number, private readonly model: string) {
    this.#runId = BigInt(runId);
    this.#clock = new RunClock(db, runId);
    this.#ids = new LearntIds(db);
    this.#insertFirst = cachedStatement(db, `INSERT OR IGNORE ${INSERT_INTO} 0)`);
  }

  /** Call inside a transaction. */
  write(delivery: DeliveryRecord): void {
    const modelId = this.#ids.get(this.model, () => modelIdToWrite(this.db, this.model));
    const group = [modelId, delivery.groupKey, this.#runId] as const;
    const row = [
      ...group,
      BigInt(ACTION_CODES.indexOf(delivery.action)),
      BigInt(STATE_CODES.indexOf(delivery.state)),
      BigInt(delivery.changeId),
      BigInt(delivery.batch),
      this.#clock.msAt(delivery.at),
      packHash(delivery.contentHash),
      delivery.changed ?? null,
      delivery.error ?? null,
    ] as const;
    // A group mostly has one record in a run: to try is cheaper than to ask for the number.
    if (Number(this.#insertFirst.run(...row).changes) === 1) return;
    cachedStatement(this.db, `INSERT ${INSERT_INTO} ${NEXT})`).run(...row, ...group);
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
