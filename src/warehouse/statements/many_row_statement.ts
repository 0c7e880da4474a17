/**
 * One statement over many rows of values: calling SQLite once for a hundred rows costs less than a hundred
 * calls.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type BoundValue, type SqlValue, toBound } from "~/warehouse/values.ts";

/** Rows in one call, most first; measured best between 50 and 200. */
const ROWS_PER_CALL = [100, 10, 1];
/** SQLite's limit is 32,766; wide rows go fewer at a time. */
const MAX_PARAMETERS = 30_000;

/** See the module's comment. Prepared for each number of rows when it is needed first. */
export class ManyRowStatement {
  readonly #prepared = new Map<number, StatementSync>();
  readonly #row: string;

  /**
   * @param width Values in a row.
   * @param toSql Gives the statement around `(?,?),(?,?),…`, the rows of its VALUES. What is the same in all rows
   * is `?1`, `?2`, … in front of them.
   */
  constructor(
    private readonly db: DatabaseSync,
    private readonly width: number,
    private readonly toSql: (rows: string) => string,
  ) {
    this.#row = `(${Array(width).fill("?").join(",")})`;
  }

  /**
   * Runs it over rows given as one flat array, row after row.
   *
   * @param same What is the same in all of them: bound once a call, as each binding costs.
   * @returns How many rows of its table it changed.
   */
  run(values: readonly SqlValue[], same: readonly SqlValue[] = []): number {
    const bound: BoundValue[] = values.map(toBound);
    const boundOnce: BoundValue[] = same.map(toBound);
    let start = 0;
    let changed = 0;
    for (const rows of ROWS_PER_CALL) {
      const length = rows * this.width;
      if (rows > 1 && length > MAX_PARAMETERS) continue;
      for (; start + length <= bound.length; start += length) {
        const some = bound.slice(start, start + length);
        changed += Number(this.#prepare(rows).run(...boundOnce, ...some).changes);
      }
    }
    return changed;
  }

  #prepare(rows: number): StatementSync {
    const known = this.#prepared.get(rows);
    if (known) return known;
    const statement = this.db.prepare(this.toSql(Array(rows).fill(this.#row).join(",")));
    this.#prepared.set(rows, statement);
    return statement;
  }
}
