/**
 * Functions of SQL that are written in JavaScript and take whole rows, of however many columns.
 *
 * SQLite gives a function 1,000 arguments at most, and 127 before 3.48
 * (https://www.sqlite.org/limits.html#max_function_arg). What is more goes to a second function, which is called
 * for the first argument: it keeps what it is given until the function itself is called.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { piecesOf } from "~/base/lists/pieces.ts";
import type { SqlValue } from "~/warehouse/values.ts";

const MAX_ARGUMENTS = 100;

/** The arguments of one function; integers come as BigInt. */
export class WideArguments {
  readonly #more: string;
  #before: SqlValue[] = [];

  /** @param name Of the function; `name_more` is registered beside it. */
  constructor(db: DatabaseSync, readonly name: string) {
    this.#more = `${name}_more`;
    const options = { varargs: true, useBigIntArguments: true } as const;
    db.function(this.#more, options, (ordinal: unknown, ...values: unknown[]) => {
      // What is left of a call that failed meanwhile is no part of this one.
      if (ordinal === 0n) this.#before = [];
      this.#before.push(...values as SqlValue[]);
      return null;
    });
  }

  /** The SQL of a call. Its arguments are evaluated from the first to the last. */
  call(values: readonly string[]): string {
    const pieces = piecesOf(values, MAX_ARGUMENTS);
    const last = pieces.pop() ?? [];
    const before = pieces.map((piece, i) => `${this.#more}(${i}, ${piece.join(", ")})`);
    // One argument for all that came before, be it however many calls.
    const first = before.length === 0 ? [] : [`coalesce(${before.join(", ")}, 1)`];
    return `${this.name}(${[...first, ...last].join(", ")})`;
  }

  /** All that the function is called with: by its own arguments. */
  take(own: SqlValue[]): SqlValue[] {
    if (this.#before.length === 0) return own;
    const values = this.#before;
    this.#before = [];
    for (const value of own.slice(1)) values.push(value);
    return values;
  }
}
