/**
 * The sets of columns under which rows were accepted: the table of accepted rows has all columns that it ever
 * had, and a row says nothing of those that its query did not give.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { foldName } from "~/base/text/same_name.ts";
import { acceptedTableName, valueColumnsOf } from "~/tracked/accept/accepted_table.ts";
import type { SqlValue } from "~/warehouse/values.ts";
import type { Comparison } from "./comparison_sql.ts";

/** One set; the same object for all rows that were accepted under it. */
export interface AcceptedColumns {
  /** As the query spelled them. */
  columns: readonly string[];
  /** Where they are among the table's columns; `undefined`: they are all of these. */
  places: readonly number[] | undefined;
}

/** The sets of one model, by what its rows have in `_spoor_columns`. */
export class AcceptedColumnSets {
  /** All columns of the table, in the order in which rows are to be given to `valuesOf`. */
  readonly tableColumns: readonly string[];
  readonly #sets = new Map<number, AcceptedColumns>();
  readonly #places: ReadonlyMap<string, number>;

  constructor(private readonly db: DatabaseSync, private readonly c: Comparison) {
    this.tableColumns = valueColumnsOf(db, acceptedTableName(c.model));
    this.#places = new Map(this.tableColumns.map((name, place) => [foldName(name), place]));
  }

  /** @param id Below 0: rows in doubt, which were accepted under the set of that number. */
  get(id: number): AcceptedColumns {
    const known = this.#sets.get(Math.abs(id));
    if (known) return known;
    const set = this.#read(Math.abs(id));
    this.#sets.set(Math.abs(id), set);
    return set;
  }

  #read(id: number): AcceptedColumns {
    const row = this.db.prepare(`SELECT columns FROM "spoor.accepted_columns" WHERE id = ?`)
      .get(BigInt(id));
    return row ? this.#ofNames(JSON.parse(String(row.columns))) : this.#unknown();
  }

  /** In the table's order. */
  #ofNames(names: readonly string[]): AcceptedColumns {
    const found = names.flatMap((name): [string, number][] => {
      const place = this.#places.get(foldName(name));
      return place === undefined ? [] : [[name, place]];
    }).sort(([, a], [, b]) => a - b);
    const columns = found.map(([name]) => name);
    if (columns.length === this.tableColumns.length) return { columns, places: undefined };
    return { columns, places: found.map(([, place]) => place) };
  }

  /** Rows that an earlier version took into doubt: all columns count, and what a row lacked is NULL. */
  #unknown(): AcceptedColumns {
    const spelled = new Map(this.c.columns.map((name) => [foldName(name), name]));
    const columns = this.tableColumns.map((name) => spelled.get(foldName(name)) ?? name);
    return { columns, places: undefined };
  }
}

/** A row's own values. */
export function valuesOf(
  { places }: AcceptedColumns,
  row: readonly SqlValue[],
): readonly SqlValue[] {
  return places ? places.map((place) => row[place] ?? null) : row;
}
