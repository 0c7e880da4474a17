/**
 * Reads the groups that a query no longer has, for a model that is to deliver removals.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { quoteIdentifier } from "~/sql/identifiers.ts";
import { prepareArrayRows, readRow } from "~/warehouse/array_rows.ts";
import { type SqlValue, toBound } from "~/warehouse/values.ts";
import { type Comparison, isRemovedRepeat, temp } from "./comparison_sql.ts";
import type { RemovedRepeats } from "./removed_repeats.ts";

/** See the module's comment. In the order of their keys. */
export class RemovedGroupReader {
  #last: readonly SqlValue[] | undefined;

  /** @param others Reads some of them before: these are left out. */
  constructor(
    private readonly db: DatabaseSync,
    private readonly c: Comparison,
    private readonly others?: RemovedRepeats,
  ) {}

  /** The keys of the next groups; fewer than asked for: there are no more. */
  read(wanted: number): SqlValue[][] {
    const keys = this.c.uniqueKey.map((key) => `r.${quoteIdentifier(key)}`).join(", ");
    const places = this.c.uniqueKey.map(() => "?").join(", ");
    const conditions = [
      ...this.others?.hasSome ? [`NOT ${isRemovedRepeat(this.c)}`] : [],
      ...this.#last ? [`(${keys}) > (${places})`] : [],
    ];
    const where = conditions.length > 0 ? `WHERE ${conditions.join(" AND ")}` : "";
    const rows = prepareArrayRows(
      this.db,
      `SELECT ${keys} FROM ${temp(this.c.removedTable)} AS r ${where} ORDER BY ${keys} LIMIT ?`,
    ).all(...(this.#last ?? []).map(toBound), BigInt(wanted)).map(readRow);
    this.#last = rows.at(-1) ?? this.#last;
    return rows;
  }
}
