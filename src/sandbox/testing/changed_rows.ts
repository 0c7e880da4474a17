/**
 * Answers `changes` from rows in memory: those of now, and those of before.
 *
 * @module
 */
import { foldName } from "~/base/text/same_name.ts";
import type { DeliveredGroup, HostMessage, RowBlock, Value } from "~/sandbox/protocol.ts";

type TestRow = Record<string, unknown>;

/** What the rows are told apart by. */
interface ChangesHost {
  rows?: TestRow[];
  previous?: TestRow[];
  uniqueKey?: string[];
}

interface ChangedGroup {
  rows: TestRow[];
  previous: TestRow[];
}

/** One query's changes, in the order of their keys' first appearance. */
export class ChangedRows {
  #groups: ChangedGroup[];
  #columns: string[];
  #previousColumns: string[];
  #next = 0;

  constructor({ rows = [], previous = [], uniqueKey = [] }: ChangesHost) {
    const keyOf = (row: TestRow) => keyText(row, uniqueKey);
    const groups = new Map<string, ChangedGroup>();
    const groupOf = (row: TestRow) =>
      groups.get(keyOf(row)) ?? groups.set(keyOf(row), { rows: [], previous: [] }).get(keyOf(row));
    for (const row of rows) groupOf(row)?.rows.push(row);
    for (const row of previous) groupOf(row)?.previous.push(row);
    this.#groups = [...groups.values()];
    this.#columns = Object.keys(rows[0] ?? previous[0] ?? {});
    this.#previousColumns = Object.keys(previous[0] ?? {});
  }

  /** At least one group, and no more than about `count` rows. */
  pull(id: number, count: number): Extract<HostMessage, { type: "rows" }> {
    const first = this.#next;
    let rows = 0;
    while (this.#next < this.#groups.length && rows < count) {
      const { rows: now = [], previous = [] } = this.#groups[this.#next++] ?? {};
      rows += now.length + previous.length;
    }
    const pulled = this.#groups.slice(first, this.#next);
    return {
      type: "rows",
      id,
      block: toBlock(pulled.flatMap((group) => group.rows), this.#columns),
      previous: [toBlock(pulled.flatMap((group) => group.previous), this.#previousColumns)],
      groups: pulled.map((group, i) => toDelivered(group, first + i + 1)),
      done: this.#next >= this.#groups.length,
    };
  }
}

function toDelivered({ rows, previous }: ChangedGroup, group: number): DeliveredGroup {
  const action = rows.length === 0 ? "remove" : previous.length === 0 ? "create" : "update";
  return {
    group,
    rows: rows.length,
    batch: 0,
    action,
    previousRows: previous.length,
    idempotencyKey: `key-${group}`,
  };
}

/** A row's key; to SQL `ID` and `id` are one column. */
export function keyText(row: TestRow, uniqueKey: readonly string[]): string {
  const values = new Map(Object.entries(row).map(([name, value]) => [foldName(name), value]));
  return JSON.stringify(uniqueKey.map((column) => values.get(foldName(column))));
}

/** Rows as they cross the border. */
export function toBlock(rows: readonly TestRow[], columns: readonly string[]): RowBlock {
  return { columns, values: rows.flatMap((row) => columns.map((column) => row[column] as Value)) };
}
