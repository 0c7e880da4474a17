/**
 * The record of how each change of a group ended, try after try: what `spoor why` tells.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { ChangeAction } from "~/delivery/earlier_try.ts";
import { RowInserter } from "~/warehouse/row_inserter.ts";
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

const COLUMNS = [
  ...["run_id", "model", "group_key", "change_id", "batch", "action", "state", "at"],
  ...["content_hash", "changed", "error"],
];

/** Records deliveries of one model in one run. */
export class DeliveryLog {
  readonly #rows: RowInserter;

  constructor(db: DatabaseSync, private readonly runId: number, private readonly model: string) {
    this.#rows = new RowInserter(db, "spoor.deliveries", COLUMNS);
  }

  write(delivery: DeliveryRecord): void {
    this.writeAll([delivery]);
  }

  writeAll(deliveries: readonly DeliveryRecord[]): void {
    this.#rows.insert(deliveries.flatMap((delivery): SqlValue[] => [
      ...[this.runId, this.model, delivery.groupKey, delivery.changeId, delivery.batch],
      ...[delivery.action, delivery.state, delivery.at, delivery.contentHash],
      ...[delivery.changed ?? null, delivery.error ?? null],
    ]));
  }
}
