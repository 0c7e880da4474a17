/**
 * A model's plain queries: those of models that are not tracked, and `query.all`.
 *
 * Each is read through a connection of its own that can only read, so that what other models write
 * meanwhile neither shows nor waits.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { RowBlock } from "~/sandbox/protocol.ts";
import { quoteIdentifier, temp } from "~/sql/identifiers.ts";
import { openDatabaseReadOnly } from "~/warehouse/open_database.ts";
import { createResultTable } from "~/warehouse/result_table.ts";
import { rowidName } from "~/warehouse/rowid_name.ts";
import type { SqlValue } from "~/warehouse/values.ts";
import { WholeRows } from "~/warehouse/whole_rows.ts";

/** Connections for reading; one that is given back is used again. */
export class ReaderPool implements Disposable {
  #idle: DatabaseSync[] = [];

  /** @param beforeReading Has written what a query must find. */
  constructor(
    private readonly path: string,
    private readonly beforeReading: () => void = () => {},
  ) {}

  take(): DatabaseSync {
    this.beforeReading();
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

let queries = 0;

/** One open query, whose rows are read from a table of what it gave. */
export class GuestQuery implements Disposable {
  readonly #db: DatabaseSync;
  readonly #table = `spoor.query.${++queries}`;
  readonly #select: WholeRows;
  #next = 1;
  #isOpen = true;

  /**
   * @param sql On tables as the file has them.
   * @throws {Error} SQLite's own words.
   */
  constructor(
    private readonly pool: ReaderPool,
    sql: string,
    private readonly columns: readonly string[],
    params: readonly SqlValue[],
  ) {
    this.#db = pool.take();
    try {
      createResultTable(this.#db, this.#table, columns, sql, params);
      const place = rowidName(columns);
      this.#select = new WholeRows(
        this.#db,
        columns.map(quoteIdentifier),
        `FROM ${temp(this.#table)} WHERE ${place} >= ? ORDER BY ${place} LIMIT ?`,
      );
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Reads up to so many rows more. */
  pull(wanted: number): { block: RowBlock; done: boolean } {
    const rows = this.#select.all(BigInt(this.#next), BigInt(wanted));
    this.#next += rows.length;
    const values: SqlValue[] = [];
    for (const row of rows) for (const value of row) values.push(value);
    const done = rows.length < wanted;
    if (done) this[Symbol.dispose]();
    return { block: { columns: this.columns, values }, done };
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#db.exec(`DROP TABLE IF EXISTS ${temp(this.#table)}`);
    this.pool.giveBack(this.#db);
  }
}
