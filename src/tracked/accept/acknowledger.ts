/**
 * Acknowledges groups: records them as accepted by the far side, with the content that was read.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { columnList, quoteIdentifier, temp } from "~/sql/identifiers.ts";
import type { ChangedGroup } from "~/tracked/compare/changed_group_reader.ts";
import type { Comparison } from "~/tracked/compare/comparison_sql.ts";
import type { ChangeSet } from "~/tracked/compare/find_changes.ts";
import { CONTENT_HASH, GroupHasher } from "~/tracked/content_hash.ts";
import { ManyRowStatement } from "~/warehouse/statements/many_row_statement.ts";
import { RowInserter } from "~/warehouse/statements/row_inserter.ts";
import { isEmpty } from "~/warehouse/tables.ts";
import { rollbacksOf } from "~/warehouse/transaction.ts";
import { type SqlValue, toBound } from "~/warehouse/values.ts";
import { acceptedTableName } from "./accepted_table.ts";
import { insertGroupsSql, insertRowsSql } from "./insert_accepted.ts";
import { ensureTargetAsRead, ensureTargetTable, isTargetTable } from "./target_table.ts";

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
 *
 * What is known of the target is looked up again after a transaction was undone, this one's or another's: it may
 * be the view that it was.
 */
export class Acknowledger {
  readonly #forget: GroupDeletion | undefined;
  readonly #accept: Acceptance;
  #target: { columns: string; isView: boolean } | undefined;
  /** It is a table, and stays one. */
  #isTable: boolean | undefined;
  #hasher: { list: string; hash: GroupHasher } | undefined;
  #unstore: GroupDeletion | undefined;
  #store: RowInserter | undefined;
  #copy: ManyRowStatement | undefined;
  #columnChanges: string[] = [];
  #rollbacks: number;
  readonly #c: Comparison;

  constructor(private readonly db: DatabaseSync, changes: ChangeSet) {
    const c = this.#c = changes.comparison;
    // Where nothing changed that was accepted before, there is nothing to forget.
    if (changes.changed > 0) this.#forget = new GroupDeletion(db, c, acceptedTableName(c.model));
    this.#accept = new Acceptance(db, c);
    this.#rollbacks = rollbacksOf(db);
  }

  /**
   * Call inside a transaction.
   *
   * @returns How the target's columns changed: `"+ remote_id"`.
   */
  acknowledge(saved: readonly SavedGroup[]): readonly string[] {
    this.#forgetUndone();
    this.#columnChanges = [];
    const groups = saved.map((each) => this.#isAsRead(each) ? { ...each, saved: undefined } : each);
    let start = 0;
    for (let end = 1; end <= groups.length; end++) {
      if (haveSameColumns(groups[start], groups[end])) continue;
      this.#acknowledgeAlike(groups.slice(start, end), groups[start]?.saved?.columns);
      start = end;
    }
    return this.#columnChanges;
  }

  #forgetUndone(): void {
    const rollbacks = rollbacksOf(this.db);
    if (rollbacks === this.#rollbacks) return;
    this.#rollbacks = rollbacks;
    this.#target =
      this.#isTable =
      this.#unstore =
      this.#store =
      this.#copy =
        undefined;
  }

  /** Rows that were handed back untouched keep the target a view; to a table it makes no difference. */
  #isAsRead({ group, saved }: SavedGroup): boolean {
    if (!saved || saved.columns.length !== this.#c.columns.length) return saved === undefined;
    this.#isTable ??= isTargetTable(this.db, this.#c.model);
    if (this.#isTable) return false;
    const list = saved.columns.join("\0");
    if (list !== this.#hasher?.list) this.#hasher = { list, hash: new GroupHasher(saved.columns) };
    return this.#hasher.hash.hash(saved.values) === group.hash;
  }

  /** Groups whose saved rows have the same columns; `undefined`: they are saved as they were read. */
  #acknowledgeAlike(groups: readonly SavedGroup[], columns: readonly string[] | undefined): void {
    const isView = this.#prepareTarget(columns);
    const spans = spansOf(groups);
    for (const span of spans) {
      this.#forget?.run(span);
      if (!isView) this.#unstore?.run(span);
    }
    if (isView) return this.#acceptShown(groups.map(({ group }) => group));
    for (const span of spans) this.#accept.span(span);
    if (columns) this.#storeSaved(groups, columns);
    else this.#storeAsRead(groups.map(({ group }) => group));
  }

  /** @returns Whether the target is a view of what is accepted. */
  #prepareTarget(columns: readonly string[] | undefined): boolean {
    const list = (columns ?? this.#c.columns).join("\0");
    const known = this.#target;
    if (known?.columns === list && !(known.isView && columns)) return known.isView;
    const { model, uniqueKey } = this.#c;
    const { isView, columnChanges } = columns
      ? { isView: false, columnChanges: ensureTargetTable(this.db, model, uniqueKey, columns) }
      : ensureTargetAsRead(this.db, model, uniqueKey, this.#c.columns);
    this.#columnChanges.push(...columnChanges);
    this.#target = { columns: list, isView };
    this.#isTable = !isView;
    this.#store = undefined;
    // A table that is empty now can only come to hold what is acknowledged here, each group once.
    if (!isView && (known || !isEmpty(this.db, model))) {
      this.#unstore ??= new GroupDeletion(this.db, this.#c, model);
    }
    return isView;
  }

  /** A row that came twice cannot be shown as often as it came: then the target becomes a table. */
  #acceptShown(groups: readonly ChangedGroup[]): void {
    if (this.#accept.withHashes(groups)) return;
    const { model, uniqueKey, columns } = this.#c;
    ensureTargetTable(this.db, model, uniqueKey, columns);
    this.#target = undefined;
    this.#isTable = true;
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
function copySql({ model, columns, rowsTable, place }: Comparison, places: string): string {
  const names = columns.map(quoteIdentifier);
  return `INSERT INTO ${quoteIdentifier(model)} (${names.join(", ")}, ${CONTENT_HASH})
    SELECT ${names.map((name) => `r.${name}`).join(", ")}, g.column3 FROM (VALUES ${places}) AS g
    CROSS JOIN ${temp(rowsTable)} AS r ON r.${place} BETWEEN g.column1 AND g.column2`;
}

/** Inserts groups into the accepted rows; each statement is prepared when it is needed first. */
class Acceptance {
  #rowsOfSpan: StatementSync | undefined;
  #groupsOfSpan: StatementSync | undefined;
  #rowsWithHashes: ManyRowStatement | undefined;
  #groupsWithHashes: ManyRowStatement | undefined;
  /** Before what it is of: `SELECT a, b, count(*) AS _spoor_n` */
  readonly #countedRows: string;

  constructor(private readonly db: DatabaseSync, private readonly c: Comparison) {
    this.#countedRows = `SELECT ${columnList(c.columns)}, count(*) AS _spoor_n`;
  }

  /** Groups that lie beside each other. */
  span({ isSingleRows, firstRow, lastRow }: Span): void {
    const source = `FROM ${temp(this.c.rowsTable)} WHERE ${this.c.place} BETWEEN ? AND ?`;
    const statement = isSingleRows
      ? this.#rowsOfSpan ??= this.db.prepare(insertRowsSql(this.db, this.c, source))
      : this.#groupsOfSpan ??= this.db.prepare(
        insertGroupsSql(this.c, `${this.#countedRows} ${source}`),
      );
    statement.run(BigInt(firstRow), BigInt(lastRow));
  }

  /**
   * The same with their hashes, for a target that shows them.
   *
   * @returns Whether every row came once.
   */
  withHashes(groups: readonly ChangedGroup[]): boolean {
    const { db, c } = this;
    const source = (places: string) =>
      `FROM (VALUES ${places}) AS g CROSS JOIN ${temp(c.rowsTable)} AS r ON r.${c.place}`;
    if (groups.every(({ firstRow, lastRow }) => firstRow === lastRow)) {
      this.#rowsWithHashes ??= new ManyRowStatement(
        db,
        2,
        (places) => insertRowsSql(db, c, `${source(places)} = g.column1`, "g.column2"),
      );
      this.#rowsWithHashes.run(groups.flatMap(({ firstRow, hash }) => [firstRow, hash]));
      return true;
    }
    this.#groupsWithHashes ??= new ManyRowStatement(db, 3, (places) =>
      insertGroupsSql(
        c,
        `${this.#countedRows}, g.column3 AS _spoor_hash
         ${source(places)} BETWEEN g.column1 AND g.column2`,
        "_spoor_hash",
      ));
    const rows = groups.reduce((sum, { firstRow, lastRow }) => sum + lastRow - firstRow + 1, 0);
    const places = groups.flatMap(({ firstRow, lastRow, hash }) => [firstRow, lastRow, hash]);
    return this.#groupsWithHashes.run(places) === rows;
  }
}

/** Deletes from a table the groups whose rows lie at a place. */
class GroupDeletion {
  readonly #one: StatementSync;
  readonly #many: StatementSync;

  constructor(db: DatabaseSync, c: Comparison, table: string) {
    const keys = columnList(c.uniqueKey);
    const deletion = `DELETE FROM ${quoteIdentifier(table)} WHERE (${keys})`;
    const source = `SELECT ${keys} FROM ${temp(c.rowsTable)}`;
    // The list that IN makes costs more than all the rest where it holds a single key.
    const places = c.uniqueKey.map(() => "?").join(", ");
    this.#one = db.prepare(`${deletion} = (${places})`);
    this.#many = db.prepare(`${deletion} IN (${source} WHERE ${c.place} BETWEEN ? AND ?)`);
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
