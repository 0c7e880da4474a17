/**
 * Reads the groups that a query no longer has and whose last try was cut off, batch by batch and in the order in
 * which they went out: as `orderChangedRows` has the changed ones, with which they may share a batch.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { columnList, temp } from "~/sql/identifiers.ts";
import { prepareArrayRows, readRow } from "~/warehouse/statements/array_rows.ts";
import type { SqlValue } from "~/warehouse/values.ts";
import { type Comparison, keysAreEqual } from "./comparison_sql.ts";

/** Where a group went out that was cut off. */
export interface BatchPlace {
  /** Id of the batch. */
  batch: number;
  /** Its place in that. */
  place: number;
}

/** One of them. */
interface RemovedRepeat extends BatchPlace {
  key: readonly SqlValue[];
}

const PAGE = 1_000;

/** See the module's comment. */
export class RemovedRepeats {
  #page: readonly RemovedRepeat[] = [];
  #at = 0;
  #read = 0;
  #isAllRead = false;

  constructor(private readonly db: DatabaseSync, private readonly c: Comparison) {}

  /** The next one. */
  get next(): RemovedRepeat | undefined {
    if (this.#at >= this.#page.length && !this.#isAllRead) this.#readPage();
    return this.#page[this.#at];
  }

  /** Takes the next one. */
  take(): readonly SqlValue[] | undefined {
    const { next } = this;
    this.#at += 1;
    return next?.key;
  }

  /** Whether the next one went out before another group; undefined: one that is no repetition. */
  isBefore(other: BatchPlace | undefined): boolean {
    const { next } = this;
    if (!next || !other) return next !== undefined;
    const byBatch = Math.abs(next.batch) - Math.abs(other.batch) || next.batch - other.batch;
    return (byBatch || next.place - other.place) < 0;
  }

  #readPage(): void {
    const { uniqueKey, triedTable, removedTable } = this.c;
    const keys = columnList(uniqueKey, "r");
    const rows = prepareArrayRows(
      this.db,
      `SELECT t._spoor_batch, t._spoor_place, ${keys} FROM ${temp(triedTable)} AS t
       CROSS JOIN ${temp(removedTable)} AS r ON ${keysAreEqual(uniqueKey, "r", "t")}
       WHERE t._spoor_batch <> 0
       ORDER BY abs(t._spoor_batch), t._spoor_batch, t._spoor_place, ${keys} LIMIT ${PAGE} OFFSET ?`,
    ).all(BigInt(this.#read)).map(readRow);
    this.#page = rows.map(([batch, place, ...key]) => ({
      key,
      batch: Number(batch),
      place: Number(place),
    }));
    this.#at = 0;
    this.#read += rows.length;
    this.#isAllRead = rows.length < PAGE;
  }
}
