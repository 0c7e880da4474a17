/**
 * Acknowledges groups: records them as accepted by the far side, with the content that was read.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { quoteIdentifier } from "~/sql/identifiers.ts";
import { ManyRowStatement } from "~/warehouse/many_row_statement.ts";
import { RowInserter } from "~/warehouse/row_inserter.ts";
import { isEmpty } from "~/warehouse/tables.ts";
import { type SqlValue, toBound } from "~/warehouse/values.ts";
import {
  acceptedTableName,
  COLUMNS_ID,
  COPIES,
  NEW_TOKEN,
  ORDINAL,
  TOKEN,
} from "./accepted_table.ts";
import type { ChangedGroup } from "./changed_groups.ts";
import { type Comparison, temp } from "./comparison_sql.ts";
import type { ChangeSet } from "./find_changes.ts";
import { CONTENT_HASH, ensureTargetTable } from "./target_table.ts";

/** Rows as they are to be stored in the target. */
export interface SavedRows {
  columns: readonly string[];
  /** Flat, row after row. */
  values: readonly SqlValue[];
}

/** One group and what is saved of it; `undefined`: its rows as they were read. */
export interface SavedGroup {
  group: ChangedGroup;
  saved: SavedRows | undefined;
}

/**
 * Acknowledges groups of one comparison, each once; statements are prepared once.
 *
 * Groups that lie beside each other are taken together, by the place of their rows: most of the
 * time would otherwise go into calling SQLite.
 */
export class Acknowledger {
  readonly #forget: GroupDeletion | undefined;
  readonly #acceptSingleRows: StatementSync;
  readonly #acceptGroups: StatementSync;
  #unstore: GroupDeletion | undefined;
  #targetColumns: string | undefined;
  #store: RowInserter | undefined;
  #copy: ManyRowStatement | undefined;
  /** How the target's columns changed. */
  readonly columnChanges: string[] = [];
  readonly #c: Comparison;

  constructor(private readonly db: DatabaseSync, changes: ChangeSet) {
    const c = this.#c = changes.comparison;
    const accepted = acceptedTableName(c.model);
    const list = c.columns.map(quoteIdentifier).join(", ");
    const keys = c.uniqueKey.map(quoteIdentifier).join(", ");
    const target = `INSERT INTO ${quoteIdentifier(accepted)}
      (${list}, ${ORDINAL}, ${COPIES}, ${TOKEN}, ${COLUMNS_ID})`;
    const source = `FROM ${temp(c.rowsTable)} WHERE rowid BETWEEN ? AND ?`;
    // Where nothing changed that was accepted before, there is nothing to forget.
    if (changes.changed > 0) this.#forget = new GroupDeletion(db, c, accepted);
    this.#acceptSingleRows = db.prepare(
      `${target} SELECT ${list}, 0, 1, ${NEW_TOKEN}, ${c.columnsId} ${source}`,
    );
    const distinct = c.columns.map((column) => `+${quoteIdentifier(column)} COLLATE BINARY`);
    this.#acceptGroups = db.prepare(
      `${target} SELECT ${list}, row_number() OVER (PARTITION BY ${keys}) - 1, _spoor_n, ${NEW_TOKEN},
       ${c.columnsId}
       FROM (SELECT ${list}, count(*) AS _spoor_n ${source} GROUP BY ${distinct.join(", ")})`,
    );
  }

  /** Call inside a transaction. */
  acknowledge(groups: readonly SavedGroup[]): void {
    let start = 0;
    for (let end = 1; end <= groups.length; end++) {
      if (haveSameColumns(groups[start], groups[end])) continue;
      this.#acknowledgeAlike(groups.slice(start, end), groups[start]?.saved?.columns);
      start = end;
    }
  }

  /** Groups whose saved rows have the same columns; `undefined`: they are saved as they were read. */
  #acknowledgeAlike(groups: readonly SavedGroup[], columns: readonly string[] | undefined): void {
    this.#prepareTarget(columns ?? this.#c.columns);
    for (const span of spansOf(groups)) {
      const accept = span.isSingleRows ? this.#acceptSingleRows : this.#acceptGroups;
      this.#forget?.run(span);
      accept.run(BigInt(span.firstRow), BigInt(span.lastRow));
      this.#unstore?.run(span);
    }
    if (columns) this.#storeSaved(groups, columns);
    else this.#storeAsRead(groups.map(({ group }) => group));
  }

  #prepareTarget(columns: readonly string[]): void {
    const list = columns.join("\0");
    if (list === this.#targetColumns) return;
    const { model, uniqueKey } = this.#c;
    this.columnChanges.push(...ensureTargetTable(this.db, model, uniqueKey, columns));
    // A target that is empty now can only come to hold what is acknowledged here, each group once.
    if (this.#targetColumns !== undefined || !isEmpty(this.db, model)) {
      this.#unstore ??= new GroupDeletion(this.db, this.#c, model);
    }
    this.#targetColumns = list;
    this.#store = undefined;
  }

  #storeSaved(groups: readonly SavedGroup[], columns: readonly string[]): void {
    this.#store ??= new RowInserter(this.db, this.#c.model, [...columns, CONTENT_HASH]);
    const width = columns.length;
    const values: SqlValue[] = [];
    for (const { group, saved } of groups) {
      const rows = saved?.values ?? [];
      for (let start = 0; start < rows.length; start += width) {
        for (let i = start; i < start + width; i++) values.push(rows[i] ?? null);
        values.push(group.hash);
      }
    }
    this.#store.insert(values);
  }

  /** Inside SQLite, from where the comparison keeps the rows. */
  #storeAsRead(groups: readonly ChangedGroup[]): void {
    this.#copy ??= new ManyRowStatement(this.db, 3, (places) => copySql(this.#c, places));
    this.#copy.run(groups.flatMap(({ firstRow, lastRow, hash }) => [firstRow, lastRow, hash]));
  }
}

/** @param places `(first row, last row, hash)` of groups. */
function copySql({ model, columns, rowsTable }: Comparison, places: string): string {
  const names = columns.map(quoteIdentifier);
  return `INSERT INTO ${quoteIdentifier(model)} (${names.join(", ")}, ${CONTENT_HASH})
    SELECT ${names.map((name) => `r.${name}`).join(", ")}, g.column3 FROM (VALUES ${places}) AS g
    CROSS JOIN ${temp(rowsTable)} AS r ON r.rowid BETWEEN g.column1 AND g.column2`;
}

/** Deletes from a table the groups whose rows lie at a place. */
class GroupDeletion {
  readonly #one: StatementSync;
  readonly #many: StatementSync;

  constructor(db: DatabaseSync, c: Comparison, table: string) {
    const keys = c.uniqueKey.map(quoteIdentifier).join(", ");
    const deletion = `DELETE FROM ${quoteIdentifier(table)} WHERE (${keys})`;
    const source = `SELECT ${keys} FROM ${temp(c.rowsTable)}`;
    // The list that IN makes costs more than all the rest where it holds a single key.
    const places = c.uniqueKey.map(() => "?").join(", ");
    this.#one = db.prepare(`${deletion} = (${places})`);
    this.#many = db.prepare(`${deletion} IN (${source} WHERE rowid BETWEEN ? AND ?)`);
  }

  run({ firstRow, lastRow, groups, key }: Span): void {
    if (groups === 1) this.#one.run(...key.map(toBound));
    else this.#many.run(BigInt(firstRow), BigInt(lastRow));
  }
}

function haveSameColumns(a: SavedGroup | undefined, b: SavedGroup | undefined): boolean {
  if (!a || !b) return false;
  if (!a.saved || !b.saved) return a.saved === b.saved;
  const [left, right] = [a.saved.columns, b.saved.columns];
  return left.length === right.length && left.every((column, index) => column === right[index]);
}

/** Rows of groups beside each other, first and last. */
interface Span {
  firstRow: number;
  lastRow: number;
  groups: number;
  /** Of the first group. */
  key: readonly SqlValue[];
  /** Each of the groups is one row. */
  isSingleRows: boolean;
}

function spansOf(groups: readonly SavedGroup[]): Span[] {
  const spans: Span[] = [];
  const places = groups.map(({ group }) => group).sort((a, b) => a.firstRow - b.firstRow);
  for (const { firstRow, lastRow, key } of places) {
    const isSingleRows = firstRow === lastRow;
    const last = spans.at(-1);
    if (last?.lastRow === firstRow - 1) {
      last.lastRow = lastRow;
      last.groups += 1;
      last.isSingleRows &&= isSingleRows;
    } else spans.push({ firstRow, lastRow, groups: 1, key, isSingleRows });
  }
  return spans;
}
