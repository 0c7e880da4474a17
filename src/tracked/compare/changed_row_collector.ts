/**
 * An aggregate function that keeps the rows it is given: SQL calls it, by `FILTER`, only for rows
 * that differ, so that one scan both counts what is unchanged and fetches what is not.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { WideArguments } from "~/warehouse/statements/wide_arguments.ts";
import type { SqlValue } from "~/warehouse/values.ts";

/** More changed rows than this are left to a second scan inside SQLite, for the memory's sake. */
const MAX_COLLECTED_ROWS = 20_000;

const COLLECT = "spoor_collect";

/** What the last query that called the function was given. */
export class ChangedRowCollector {
  static readonly #ofDatabase = new WeakMap<DatabaseSync, ChangedRowCollector>();

  /** Flat, row after row; integers as BigInt. */
  values: SqlValue[] = [];
  rows = 0;
  /** `values` are all of them, exactly; else they are of no use. */
  isWhole = true;

  readonly #arguments: WideArguments;

  private constructor(db: DatabaseSync) {
    this.#arguments = new WideArguments(db, COLLECT);
    db.aggregate(COLLECT, {
      start: 0,
      varargs: true,
      useBigIntArguments: true,
      step: (count: number, ...row: SqlValue[]) => {
        this.#take(this.#arguments.take(row));
        return count + 1;
      },
      result: (count: number) => BigInt(count),
    });
  }

  /** The collector of a connection; the function is registered once. */
  static of(db: DatabaseSync): ChangedRowCollector {
    let collector = this.#ofDatabase.get(db);
    if (!collector) this.#ofDatabase.set(db, collector = new ChangedRowCollector(db));
    return collector;
  }

  /** The SQL that calls it. */
  call(values: readonly string[]): string {
    return this.#arguments.call(values);
  }

  reset(): void {
    this.values = [];
    this.rows = 0;
    this.isWhole = true;
  }

  #take(row: readonly SqlValue[]): void {
    this.rows += 1;
    if (this.isWhole && this.rows <= MAX_COLLECTED_ROWS && !row.some(isDoubtful)) {
      this.values.push(...row);
      return;
    }
    this.isWhole = false;
    this.values = [];
  }
}

/** Bytes that are not UTF-8 arrive as U+FFFD: put back, they would be another text. */
function isDoubtful(value: SqlValue): boolean {
  return typeof value === "string" && value.includes("\ufffd");
}
