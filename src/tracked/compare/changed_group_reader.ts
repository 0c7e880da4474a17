/**
 * Reads the changed groups of a comparison, in the order in which they are sent.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { foldName } from "~/base/text/same_name.ts";
import { quoteIdentifier, temp } from "~/sql/identifiers.ts";
import { GroupHasher } from "~/tracked/content_hash.ts";
import { encodeGroupKey } from "~/tracked/group_key.ts";
import { isSameValue } from "~/warehouse/same_value.ts";
import { BOUND_LIMIT } from "~/warehouse/statements/bound_limit.ts";
import type { SqlValue } from "~/warehouse/values.ts";
import { WholeRows } from "~/warehouse/whole_rows.ts";
import type { Comparison } from "./comparison_sql.ts";

/** One group as it was read, and where its rows are. */
export interface ChangedGroup {
  /** From 1, in the order of reading. */
  number: number;
  key: readonly SqlValue[];
  /** The key as text: `[7]`. */
  keyText: string;
  hash: string;
  /** Its rows in the comparison's table, first and last. */
  firstRow: number;
  lastRow: number;
}

/** Some groups and their rows, one after the other. */
export interface GroupBlock {
  groups: readonly ChangedGroup[];
  /** Flat, row after row, columns as in the comparison. */
  values: SqlValue[];
  /** Nothing comes after these. */
  done: boolean;
}

/** See the module's comment. */
export class ChangedGroupReader {
  readonly #select: WholeRows;
  readonly #hasher: GroupHasher;
  /** In the order of `@unique_key`. */
  readonly #keyIndexes: readonly number[];
  #nextRow = 1;
  #nextNumber = 1;

  constructor(db: DatabaseSync, c: Comparison) {
    this.#select = new WholeRows(
      db,
      c.columns.map(quoteIdentifier),
      `FROM ${temp(c.rowsTable)} WHERE ${c.place} >= ? ORDER BY ${c.place} ${BOUND_LIMIT}`,
    );
    this.#hasher = new GroupHasher(c.columns);
    const names = c.columns.map(foldName);
    this.#keyIndexes = c.uniqueKey.map((key) => names.indexOf(foldName(key)));
  }

  /** Reads about `wanted` rows; a group is never split. */
  read(wanted: number): GroupBlock {
    let limit = Math.max(1, wanted);
    while (true) {
      const rows = this.#select.all(BigInt(this.#nextRow), BigInt(limit + 1));
      const block = this.#cut(rows, rows.length <= limit);
      if (block.groups.length > 0 || block.done) return block;
      // One group is larger than what was asked for.
      limit *= 4;
    }
  }

  /** Takes the whole groups; the last one only when no row can follow. */
  #cut(rows: readonly SqlValue[][], done: boolean): GroupBlock {
    const groups: ChangedGroup[] = [];
    const values: SqlValue[] = [];
    let start = 0;
    for (let end = 1; end <= rows.length; end++) {
      if (end < rows.length && this.#isSameGroup(rows[start], rows[end])) continue;
      if (end === rows.length && !done) break;
      const firstValue = values.length;
      for (let i = start; i < end; i++) for (const value of rows[i] ?? []) values.push(value);
      groups.push(this.#take(rows[start] ?? [], end - start, values.slice(firstValue)));
      start = end;
    }
    return { groups, values, done };
  }

  #take(first: readonly SqlValue[], rows: number, values: readonly SqlValue[]): ChangedGroup {
    const key = this.#keyIndexes.map((index) => first[index] ?? null);
    const firstRow = this.#nextRow;
    this.#nextRow += rows;
    return {
      number: this.#nextNumber++,
      key,
      keyText: encodeGroupKey(key),
      hash: this.#hasher.hash(values),
      firstRow,
      lastRow: this.#nextRow - 1,
    };
  }

  #isSameGroup(a: readonly SqlValue[] | undefined, b: readonly SqlValue[] | undefined): boolean {
    return this.#keyIndexes.every((index) => isSameValue(a?.[index] ?? null, b?.[index] ?? null));
  }
}
