/**
 * Rows with their texts whole: `node:sqlite` reads the text of a column up to its first NUL (tried on Deno 2.6
 * and 2.9), and gives that of a function's argument whole. So a row with a NUL in it is given to a function
 * too, which keeps it; of others SQLite only looks that there is none.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { piecesOf } from "~/base/lists/pieces.ts";
import { prepareArrayRows } from "~/warehouse/statements/array_rows.ts";
import { WideArguments } from "~/warehouse/statements/wide_arguments.ts";
import { type BoundValue, fromRead, type SqlValue } from "./values.ts";

/** Of so many values a text is made, to look through. */
const VALUES_AT_ONCE = 100;

/** A statement that gives such rows; prepared once. */
export class WholeRows {
  readonly #statement: ReturnType<typeof prepareArrayRows>;
  readonly #kept: KeptRows;

  /**
   * @param values What it selects: SQL, each cheap to compute twice.
   * @param rest All that follows the values: `FROM …`.
   */
  constructor(db: DatabaseSync, values: readonly string[], rest: string) {
    this.#kept = KeptRows.of(db);
    const hasNul = piecesOf(values, VALUES_AT_ONCE)
      .map((some) => `instr(concat_ws('', ${some.join(", ")}), char(0))`).join(" OR ");
    const keep = `CASE WHEN ${hasNul} THEN ${this.#kept.call(values)} END`;
    this.#statement = prepareArrayRows(db, `SELECT ${values.join(", ")}, ${keep} ${rest}`);
  }

  /** Integers that fit are numbers. */
  all(...params: BoundValue[]): SqlValue[][] {
    return this.#statement.all(...params).map((row) => this.#whole(row));
  }

  /** Ends without a word where SQLite fails midway: only for what cannot fail. */
  *iterate(...params: BoundValue[]): Generator<SqlValue[]> {
    for (const row of this.#statement.iterate(...params)) yield this.#whole(row);
  }

  #whole(row: readonly unknown[]): SqlValue[] {
    const place = row.at(-1);
    const values = place === null ? row.slice(0, -1) : this.#kept.take(Number(place));
    return values.map(fromRead);
  }
}

/** Rows that were given to the function, until they are taken. */
class KeptRows {
  static readonly #ofDatabase = new WeakMap<DatabaseSync, KeptRows>();
  readonly #arguments: WideArguments;
  readonly #rows = new Map<number, readonly SqlValue[]>();
  #last = 0;

  private constructor(db: DatabaseSync) {
    this.#arguments = new WideArguments(db, "spoor_keep_row");
    const keep = (...row: unknown[]) => {
      this.#rows.set(++this.#last, this.#arguments.take(row as SqlValue[]));
      return BigInt(this.#last);
    };
    db.function(this.#arguments.name, { varargs: true, useBigIntArguments: true }, keep);
  }

  /** One a connection: a function cannot be made anew while a statement is being read. */
  static of(db: DatabaseSync): KeptRows {
    let kept = this.#ofDatabase.get(db);
    if (!kept) this.#ofDatabase.set(db, kept = new KeptRows(db));
    return kept;
  }

  call(values: readonly string[]): string {
    return this.#arguments.call(values);
  }

  take(place: number): readonly SqlValue[] {
    const row = this.#rows.get(place) ?? [];
    this.#rows.delete(place);
    return row;
  }
}
