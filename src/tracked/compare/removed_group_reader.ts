/**
 * Reads the groups that a query no longer has, for a model that is to deliver removals.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { quoteIdentifier } from "~/sql/identifiers.ts";
import { prepareArrayRows, readRow } from "~/warehouse/array_rows.ts";
import { type SqlValue, toBound } from "~/warehouse/values.ts";
import { type Comparison, temp } from "./comparison_sql.ts";

/** See the module's comment. In the order of their keys. */
export class RemovedGroupReader {
  #last: readonly SqlValue[] | undefined;

  constructor(private readonly db: DatabaseSync, private readonly c: Comparison) {}

  /** The keys of the next groups; fewer than asked for: there are no more. */
  read(wanted: number): SqlValue[][] {
    const keys = this.c.uniqueKey.map(quoteIdentifier).join(", ");
    const places = this.c.uniqueKey.map(() => "?").join(", ");
    const where = this.#last ? `WHERE (${keys}) > (${places})` : "";
    const rows = prepareArrayRows(
      this.db,
      `SELECT ${keys} FROM ${temp(this.c.removedTable)} ${where} ORDER BY ${keys} LIMIT ?`,
    ).all(...(this.#last ?? []).map(toBound), BigInt(wanted)).map(readRow);
    this.#last = rows.at(-1) ?? this.#last;
    return rows;
  }
}
