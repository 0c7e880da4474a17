/**
 * A model's plain queries: those of models that are not tracked, and `query.all`.
 *
 * Each is read through a connection of its own that can only read: a snapshot, so that what other
 * models write meanwhile neither shows nor waits.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { RowBlock } from "~/sandbox/protocol.ts";
import { prepareArrayRows } from "~/warehouse/array_rows.ts";
import { openDatabaseReadOnly } from "~/warehouse/open_database.ts";
import { fromRead, type SqlValue, toBound } from "~/warehouse/values.ts";

/** Connections for reading; one that is given back is used again. */
export class ReaderPool implements Disposable {
  #idle: DatabaseSync[] = [];

  constructor(private readonly path: string) {}

  take(): DatabaseSync {
    return this.#idle.pop() ?? openDatabaseReadOnly(this.path);
  }

  giveBack(db: DatabaseSync): void {
    this.#idle.push(db);
  }

  [Symbol.dispose](): void {
    for (const db of this.#idle) db.close();
    this.#idle = [];
  }
}

/** One open query. */
export class GuestQuery implements Disposable {
  #rows: IterableIterator<unknown[]> | undefined;
  readonly #db: DatabaseSync;

  /** @param sql On tables as the file has them. */
  constructor(
    private readonly pool: ReaderPool,
    sql: string,
    private readonly columns: readonly string[],
    params: readonly SqlValue[],
  ) {
    this.#db = pool.take();
    try {
      this.#rows = prepareArrayRows(this.#db, sql).iterate(...params.map(toBound));
    } catch (error) {
      pool.giveBack(this.#db);
      throw error;
    }
  }

  /** Reads up to so many rows more. */
  pull(wanted: number): { block: RowBlock; done: boolean } {
    const values: SqlValue[] = [];
    for (let taken = 0; taken < wanted; taken++) {
      const next = this.#rows?.next();
      if (!next || next.done) {
        this[Symbol.dispose]();
        return { block: { columns: this.columns, values }, done: true };
      }
      for (const value of next.value) values.push(fromRead(value));
    }
    return { block: { columns: this.columns, values }, done: false };
  }

  [Symbol.dispose](): void {
    if (!this.#rows) return;
    // An iterator that is left open keeps its snapshot, and with it the whole WAL.
    this.#rows.return?.();
    this.#rows = undefined;
    this.pool.giveBack(this.#db);
  }
}
