/**
 * Reads the groups that a query no longer has, for a model that is to deliver removals.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { columnList, temp } from "~/sql/identifiers.ts";
import { prepareArrayRows, readRow } from "~/warehouse/statements/array_rows.ts";
import { BOUND_LIMIT } from "~/warehouse/statements/bound_limit.ts";
import { type SqlValue, toBound } from "~/warehouse/values.ts";
import { type Comparison, removedIs, type RemovedKind } from "./comparison_sql.ts";

/** See the module's comment. In the order of their keys. */
export class RemovedGroupReader {
  #last: readonly SqlValue[] | undefined;

  /** @param kind Absent: all. */
  constructor(
    private readonly db: DatabaseSync,
    private readonly c: Comparison,
    private readonly kind?: RemovedKind,
  ) {}

  /** The keys of the next groups; fewer than asked for: there are no more. */
  read(wanted: number): SqlValue[][] {
    const keys = columnList(this.c.uniqueKey, "r");
    const places = this.c.uniqueKey.map(() => "?").join(", ");
    const conditions = [
      ...this.kind ? [removedIs(this.kind, this.c)] : [],
      ...this.#last ? [`(${keys}) > (${places})`] : [],
    ];
    const where = conditions.length > 0 ? `WHERE ${conditions.join(" AND ")}` : "";
    const rows = prepareArrayRows(
      this.db,
      `SELECT ${keys} FROM ${
        temp(this.c.removedTable)
      } AS r ${where} ORDER BY ${keys} ${BOUND_LIMIT}`,
    ).all(...(this.#last ?? []).map(toBound), BigInt(wanted)).map(readRow);
    this.#last = rows.at(-1) ?? this.#last;
    return rows;
  }
}
