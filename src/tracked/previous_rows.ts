/**
 * Reads a group's rows as they were accepted last.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { quoteIdentifier } from "~/sql/identifiers.ts";
import { prepareArrayRows, readRow } from "~/warehouse/array_rows.ts";
import { columnsOf } from "~/warehouse/tables.ts";
import { type SqlValue, toBound } from "~/warehouse/values.ts";
import { acceptedTableName, COPIES, ORDINAL } from "./accepted_table.ts";
import type { Comparison } from "./comparison_sql.ts";

/** See the module's comment. The statement is prepared once. */
export class PreviousRows {
  /** Every column that was ever accepted; NULL in a row that was accepted without it. */
  readonly columns: readonly string[];
  readonly #select: ReturnType<typeof prepareArrayRows>;

  constructor(db: DatabaseSync, c: Comparison) {
    const table = acceptedTableName(c.model);
    this.columns = columnsOf(db, table).filter((column) => !column.startsWith("_spoor_"));
    const where = c.uniqueKey.map((key) => `${quoteIdentifier(key)} = ?`).join(" AND ");
    this.#select = prepareArrayRows(
      db,
      `SELECT ${this.columns.map(quoteIdentifier).join(", ")}, ${COPIES}
       FROM ${quoteIdentifier(table)} WHERE ${where} ORDER BY ${ORDINAL}`,
    );
  }

  /** Flat, row after row; empty for a group that was never accepted. */
  read(key: readonly SqlValue[]): SqlValue[] {
    const values: SqlValue[] = [];
    for (const fetched of this.#select.all(...key.map(toBound))) {
      const row = readRow(fetched);
      const copies = Number(row.pop());
      for (let i = 0; i < copies; i++) values.push(...row);
    }
    return values;
  }
}
