/**
 * Reads groups' rows as they were accepted last.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { quoteIdentifier, temp } from "~/sql/identifiers.ts";
import { acceptedTableName, COLUMNS_ID, COPIES, ORDINAL } from "~/tracked/accept/accepted_table.ts";
import { GroupHasher } from "~/tracked/content_hash.ts";
import { type SqlValue, toBound } from "~/warehouse/values.ts";
import { WholeRows } from "~/warehouse/whole_rows.ts";
import { type AcceptedColumns, AcceptedColumnSets, valuesOf } from "./accepted_columns.ts";
import { type Comparison, keyIsAccepted } from "./comparison_sql.ts";

/** Rows that were accepted under the same columns, one after the other. */
export interface PreviousBlock {
  /** The same object for all rows that have these. */
  columns: readonly string[];
  values: SqlValue[];
}

/**
 * A group's rows, in their order; no block of a group that was never accepted. It is one block, but where the
 * rows are grouped by another key than when they were accepted.
 */
export type PreviousGroup = readonly PreviousBlock[];

/** See the module's comment. Statements are prepared once. */
export class PreviousRows {
  readonly #sets: AcceptedColumnSets;
  readonly #hashers = new Map<readonly string[], GroupHasher>();
  readonly #ofKey: WholeRows;
  readonly #ofPlaces: WholeRows;

  constructor(db: DatabaseSync, c: Comparison) {
    const table = acceptedTableName(c.model);
    this.#sets = new AcceptedColumnSets(db, c);
    const list = [...this.#sets.tableColumns, COPIES, COLUMNS_ID]
      .map((column) => `a.${quoteIdentifier(column)}`);
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

  /** One group. */
  read(key: readonly SqlValue[]): PreviousGroup {
    const group: PreviousBlock[] = [];
    for (const row of this.#ofKey.all(...key.map(toBound))) this.#take(row, group);
    return group;
  }

  /**
   * Many changed groups at once.
   *
   * @param groups Where they are in the comparison's table of rows.
   */
  readAll(groups: readonly { firstRow: number }[]): PreviousGroup[] {
    const places = JSON.stringify(groups.map(({ firstRow }) => firstRow));
    const all: PreviousBlock[][] = groups.map(() => []);
    for (const [index, ...row] of this.#ofPlaces.all(places)) {
      this.#take(row, all[Number(index)] ?? []);
    }
    return all;
  }

  /** The hash of what was accepted. */
  hash(group: PreviousGroup): string {
    const [first] = group;
    if (first && group.length === 1) return this.#hasherOf(first.columns).hash(first.values);
    const hashes = group.map(({ columns, values }) => this.#hasherOf(columns).hash(values));
    return new GroupHasher(["block"]).hash(hashes);
  }

  #hasherOf(columns: readonly string[]): GroupHasher {
    let hasher = this.#hashers.get(columns);
    if (!hasher) this.#hashers.set(columns, hasher = new GroupHasher(columns));
    return hasher;
  }

  /** As often as the row came. */
  #take(row: SqlValue[], group: PreviousBlock[]): void {
    const set = this.#sets.get(Number(row.pop()));
    const copies = Number(row.pop());
    const values = valuesOf(set, row);
    const block = lastBlockOf(group, set);
    for (let i = 0; i < copies; i++) block.values.push(...values);
  }
}

/** How many rows a group had. */
export function countPrevious(group: PreviousGroup): number {
  let rows = 0;
  for (const { columns, values } of group) rows += values.length / columns.length;
  return rows;
}

/** Adds rows to others, which have their order. */
export function addPrevious(group: PreviousGroup, blocks: PreviousBlock[]): void {
  for (const each of group) {
    const block = lastBlockOf(blocks, each);
    for (const value of each.values) block.values.push(value);
  }
}

function lastBlockOf(
  blocks: PreviousBlock[],
  { columns }: Pick<AcceptedColumns, "columns">,
): PreviousBlock {
  const last = blocks.at(-1);
  if (last?.columns === columns) return last;
  const block: PreviousBlock = { columns, values: [] };
  blocks.push(block);
  return block;
}
