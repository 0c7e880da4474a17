/**
 * Ids of rows that were looked up, or made, for others to refer to.
 *
 * A row that was made in a transaction that was rolled back is not there, and its id may be another's
 * by now: then all of them are learnt anew.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { rollbacksOf } from "~/warehouse/transaction.ts";

/** See the module's comment. */
export class LearntIds {
  readonly #ids = new Map<string, bigint>();
  #rollbacks: number;

  constructor(private readonly db: DatabaseSync) {
    this.#rollbacks = rollbacksOf(db);
  }

  /** @param learn Finds or makes the row, and gives its id. */
  get(name: string, learn: () => bigint): bigint {
    const rollbacks = rollbacksOf(this.db);
    if (rollbacks !== this.#rollbacks) this.#ids.clear();
    this.#rollbacks = rollbacks;
    let id = this.#ids.get(name);
    if (id === undefined) this.#ids.set(name, id = learn());
    return id;
  }
}
