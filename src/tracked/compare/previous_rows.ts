/**
 * Reads groups' rows as they were accepted last.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { quoteIdentifier } from "~/sql/identifiers.ts";
import {
  acceptedTableName,
  COPIES,
  ORDINAL,
  valueColumnsOf,
} from "~/tracked/accept/accepted_table.ts";
import { type SqlValue, toBound } from "~/warehouse/values.ts";
import { WholeRows } from "~/warehouse/whole_rows.ts";
import { type Comparison, keyIsAccepted, temp } from "./comparison_sql.ts";

/** See the module's comment. Statements are prepared once. */
export class PreviousRows {
  /** Every column that was ever accepted; NULL in a row that was accepted without it. */
  readonly columns: readonly string[];
  readonly #ofKey: WholeRows;
  readonly #ofPlaces: WholeRows;

  constructor(db: DatabaseSync, c: Comparison) {
    const table = acceptedTableName(c.model);
    this.columns = valueColumnsOf(db, table);
    const list = [...this.columns, COPIES].map((column) => `a.${quoteIdentifier(column)}`);
    const where = c.uniqueKey.map((key) => `${quoteIdentifier(key)} = ?`).join(" AND ");
    this.#ofKey = new WholeRows(
      db,
      list,
      `FROM ${quoteIdentifier(table)} AS a WHERE ${where} ORDER BY ${ORDINAL}`,
    );
    // CROSS JOIN keeps the order of the tables: the few rows look up the many.
    this.#ofPlaces = new WholeRows(
      db,
      ["j.key", ...list],
      `FROM json_each(?) AS j
       CROSS JOIN ${temp(c.rowsTable)} AS r ON r.${c.place} = j.value
       CROSS JOIN ${quoteIdentifier(table)} AS a ON ${keyIsAccepted(c.uniqueKey, "r")}
       ORDER BY j.key, a.${ORDINAL}`,
    );
  }

  /** Flat, row after row; empty for a group that was never accepted. */
  read(key: readonly SqlValue[]): SqlValue[] {
    const values: SqlValue[] = [];
    for (const row of this.#ofKey.all(...key.map(toBound))) take(row, values);
    return values;
  }

  /**
   * The same of many changed groups at once.
   *
   * @param groups Where they are in the comparison's table of rows.
   */
  readAll(groups: readonly { firstRow: number }[]): SqlValue[][] {
    const places = JSON.stringify(groups.map(({ firstRow }) => firstRow));
    const all: SqlValue[][] = groups.map(() => []);
    for (const [index, ...row] of this.#ofPlaces.all(places)) {
      take(row, all[Number(index)] ?? []);
    }
    return all;
  }
}

/** As often as the row came. */
function take(row: SqlValue[], values: SqlValue[]): void {
  const copies = Number(row.pop());
  for (let i = 0; i < copies; i++) values.push(...row);
}
