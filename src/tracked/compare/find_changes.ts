/**
 * Finds what changed: the groups of a query that are new, that differ from what was last accepted,
 * or that are gone.
 *
 * 1. One scan joins each row of the query with the accepted row of the same values. Rows that find
 *    none are the changed ones. The sums of the tokens of those that do are set against the sums of
 *    all accepted rows: when they agree, nothing is missing and nothing came twice.
 * 2. When they do not, groups of several rows may have changed in part: the changed groups are
 *    fetched whole, and the sums are set right by what of them matched.
 * 3. When they still do not, a group lost a row or is gone: the comparison is made group by group.
 *
 * All of it is fixed in temporary tables before it returns, so that nothing that happens later
 * changes what is sent.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { columnList, quoteIdentifier, temp } from "~/sql/identifiers.ts";
import {
  acceptedTableName,
  ensureAcceptedTable,
  fitAcceptedTable,
  hasOneRowEach,
} from "~/tracked/accept/accepted_table.ts";
import { refuseOwnColumn } from "~/tracked/accept/target_table.ts";
import { keepTargetView } from "~/tracked/accept/target_view.ts";
import { getKeyColumns } from "~/tracked/key_columns.ts";
import { rowidName } from "~/warehouse/rowid_name.ts";
import { RowInserter } from "~/warehouse/statements/row_inserter.ts";
import { countFrom } from "~/warehouse/tables.ts";
import { type SqlValue, toBound } from "~/warehouse/values.ts";
import { type AcceptedSums, sumAccepted, type Sums, toSums } from "./accepted_sums.ts";
import { ChangedRowCollector } from "./changed_row_collector.ts";
import {
  acceptedSumsOfChangedSql,
  compareGroupsSql,
  compareSql,
  type Comparison,
  fillWithGroupsSql,
  fillWithUnmatchedSql,
  keysAreEqual,
  matchedAmongChangedSql,
  outdateAcceptedSql,
  removeForcedSql,
  wasAccepted,
} from "./comparison_sql.ts";
import { type HeldBack, holdBack, type HoldCandidates } from "./hold_back.ts";
import { createKeyTable } from "./key_table.ts";
import { haveLargeGroups, layOutLargeGroups } from "./large_groups.ts";
import { type ChangedRows, orderChangedRows } from "./order_changed_rows.ts";
import { refuseKeys } from "./refuse_keys.ts";

/** What is to be compared. */
export interface FindChangesInput {
  model: string;
  uniqueKey: readonly string[];
  /** One SELECT on tables as the file has them. */
  select: string;
  /** The query's columns, in its order. */
  columns: readonly string[];
  params: readonly SqlValue[];
  /** Groups whose last change was tried and not acknowledged. */
  tried: Iterable<TriedGroup>;
  /** Groups that may have to be held back, whatever they are. @default none */
  holdCandidates?: HoldCandidates | undefined;
  /** All count as changed: `--resend`. */
  everything: boolean;
  /** The model keeps the rows and sends nothing. @default false */
  isKept?: boolean;
}

/** A group whose last change was tried and not acknowledged: it comes last where its batch says nothing else. */
export interface TriedGroup {
  key: readonly SqlValue[];
  /** It counts as changed whatever it holds. */
  isForced: boolean;
  /** Comes with the others of its batch, and before all others, or, where it is late, after them; 0: no wish. */
  batch: number;
  /** Its place in that batch. @default 0 */
  place?: number;
  /** If the query does not have it, it counts as removed, though nothing of it was accepted. @default false */
  mayBeThere?: boolean;
  /**
   * It has a batch, and comes last of all; or it has none, and comes after what is new or changed if the query does
   * not have it. @default false
   */
  isLate?: boolean;
}

/** What changed; counts are groups. */
export interface ChangeSet {
  comparison: Comparison;
  new: number;
  changed: number;
  unchanged: number;
  removed: number;
  /** Those of the removed of which nothing was ever accepted: they may be at the far side all the same. */
  removedUnaccepted: number;
  /** Not among the counts above, though they differ. */
  heldBack: HeldBack;
  /** Rows of the groups that are new or changed. */
  rows: number;
  /** Each of these rows has a greater key than the one before it. */
  isInKeyOrder: boolean;
}

let comparisons = 0;

/**
 * Compares a query with what was last accepted.
 *
 * @throws {UserError} The query has no rows' key: a key column that is missing, or a value that cannot be
 * a key. Or it has a column of Spoor's own.
 */
export function findChanges(db: DatabaseSync, input: FindChangesInput): ChangeSet {
  const { model, select, columns } = input;
  const uniqueKey = getKeyColumns(model, input.uniqueKey, columns);
  refuseOwnColumn(model, columns);
  const columnsId = keepTargetView(
    db,
    model,
    () => ensureAcceptedTable(db, model, uniqueKey, columns),
  );
  const accepted = sumAccepted(db, model);
  const name = `spoor.changes.${++comparisons}`;
  const comparison: Comparison = {
    model,
    uniqueKey,
    columns,
    select,
    columnsId,
    place: rowidName(columns),
    rowsTable: `${name}.rows`,
    keysTable: `${name}.keys`,
    removedTable: `${name}.removed`,
    triedTable: `${name}.tried`,
    heldBackTable: `${name}.held`,
    ...(haveLargeGroups(accepted.largest) &&
      { large: { keysTable: `${name}.large_keys`, rowsTable: `${name}.large_rows` } }),
  };
  const mayBeThere = createTables(db, comparison, input.tried);
  return new ChangeFinder(db, comparison, input, mayBeThere).find(accepted);
}

/** @returns Whether any of the groups may be there without having been accepted. */
function createTables(db: DatabaseSync, c: Comparison, tried: Iterable<TriedGroup>): boolean {
  const keys = columnList(c.uniqueKey);
  db.exec(
    `CREATE TEMP TABLE ${temp(c.rowsTable)} (${columnList(c.columns)});
     CREATE TEMP TABLE ${temp(c.triedTable)} (${keys}, _spoor_forced, _spoor_batch,
       _spoor_place, _spoor_there, _spoor_late, PRIMARY KEY (${keys})) WITHOUT ROWID`,
  );
  createKeyTable(db, c.uniqueKey, c.keysTable);
  createKeyTable(db, c.uniqueKey, c.removedTable);
  const places = c.uniqueKey.map(() => "?").join(", ");
  const insert = db.prepare(
    `INSERT OR IGNORE INTO ${temp(c.triedTable)} VALUES (${places}, ?, ?, ?, ?, ?)`,
  );
  let isAnyThere = false;
  for (const { key, isForced, batch, place = 0, mayBeThere = false, isLate = false } of tried) {
    const flags = [isForced, batch, place, mayBeThere, isLate].map(BigInt);
    insert.run(...key.map(toBound), ...flags);
    isAnyThere ||= mayBeThere;
  }
  return isAnyThere;
}

/** Drops the temporary tables of a comparison. */
export function dropChanges(db: DatabaseSync, { comparison: c }: ChangeSet): void {
  const large = c.large ? Object.values(c.large) : [];
  for (
    const table of [
      c.rowsTable,
      c.keysTable,
      c.removedTable,
      c.triedTable,
      c.heldBackTable,
      ...large,
    ]
  ) {
    db.exec(`DROP TABLE IF EXISTS ${temp(table)}`);
  }
}

class ChangeFinder {
  constructor(
    private readonly db: DatabaseSync,
    private readonly c: Comparison,
    private readonly input: FindChangesInput,
    /** Some of the groups that were tried may be there without having been accepted. */
    private readonly mayBeThere: boolean,
  ) {}

  find(accepted: AcceptedSums): ChangeSet {
    if (this.input.everything) this.#run(outdateAcceptedSql(this.c));
    if (accepted.groups === 0 || this.input.everything) this.#takeAll(accepted.groups);
    else this.#compare(accepted);
    // Before any is held back: what is to be removed must not be taken for what holds what was accepted.
    this.#run(removeForcedSql(this.c));
    const heldBack = holdBack(this.db, this.c, this.input.holdCandidates);
    const ordered = orderChangedRows(this.db, this.c);
    const changes = this.#count(accepted.groups, ordered, heldBack);
    this.#fitAccepted(changes);
    return changes;
  }

  /** All that may be accepted is in the table of changed rows. */
  #fitAccepted({ new: added, changed, rows }: ChangeSet): void {
    if (rows === 0) return;
    const { model, uniqueKey, rowsTable } = this.c;
    const [key = ""] = uniqueKey;
    const other = `SELECT 1 FROM ${temp(rowsTable)} WHERE typeof(${
      quoteIdentifier(key)
    }) <> 'integer' LIMIT 1`;
    const isOneIntegerEach = uniqueKey.length === 1 && rows === added + changed &&
      this.db.prepare(other).get() === undefined;
    keepTargetView(
      this.db,
      model,
      () => fitAcceptedTable(this.db, model, uniqueKey, isOneIntegerEach),
    );
  }

  /** Nothing was accepted yet, or all is to be sent: all rows, and what is gone. */
  #takeAll(acceptedGroups: number): void {
    this.#run(`INSERT INTO ${temp(this.c.rowsTable)} ${this.c.select}`, this.input.params);
    refuseKeys(this.db, this.c, this.input.isKept ? "keep" : "send");
    if (acceptedGroups === 0) return;
    this.#collectKeys(temp(this.c.rowsTable));
    const keys = columnList(this.c.uniqueKey, "a");
    this.#run(
      `INSERT OR IGNORE INTO ${temp(this.c.removedTable)} SELECT ${keys}
       FROM ${quoteIdentifier(acceptedTableName(this.c.model))} AS a WHERE NOT EXISTS
       (SELECT 1 FROM ${temp(this.c.keysTable)} AS k WHERE ${
        keysAreEqual(this.c.uniqueKey, "k", "a")
      })`,
    );
  }

  #compare(accepted: Sums): void {
    layOutLargeGroups(this.db, this.c);
    const matched = this.#scan();
    refuseKeys(this.db, this.c, this.input.isKept ? "keep" : "send");
    this.#collectKeys(temp(this.c.rowsTable));
    this.#collectKeys(`${temp(this.c.triedTable)} WHERE _spoor_forced`);
    if (agree(matched, minus(accepted, this.#sums(acceptedSumsOfChangedSql(this.c))))) return;
    this.#fetchWholeGroups();
    const elsewhere = minus(matched, this.#sums(matchedAmongChangedSql(this.c)));
    const expected = minus(accepted, this.#sums(acceptedSumsOfChangedSql(this.c)));
    if (agree(elsewhere, expected)) return;
    const hasOne = hasOneRowEach(this.db, acceptedTableName(this.c.model));
    for (const sql of compareGroupsSql(this.c, hasOne)) {
      this.#run(sql, sql.includes(this.c.select) ? this.input.params : []);
    }
    this.#fetchWholeGroups();
  }

  /** The first scan; what it does not match is in the table of changed rows afterwards. */
  #scan(): Sums {
    const collector = ChangedRowCollector.of(this.db);
    collector.reset();
    const sql = compareSql(this.c, (values) => collector.call(values));
    const row = this.#get(sql, this.input.params);
    if (!collector.isWhole) this.#run(fillWithUnmatchedSql(this.c), this.input.params);
    else if (collector.rows > 0) {
      new RowInserter(this.db, this.c.rowsTable, this.c.columns, { schema: "temp" })
        .insert(collector.values);
    }
    collector.reset();
    return toSums(row);
  }

  /** Adds to the keys of changed groups. */
  #collectKeys(from: string): void {
    const keys = columnList(this.c.uniqueKey);
    this.#run(`INSERT OR IGNORE INTO ${temp(this.c.keysTable)} SELECT ${keys} FROM ${from}`);
  }

  #fetchWholeGroups(): void {
    this.#run(`DELETE FROM ${temp(this.c.rowsTable)}`);
    this.#run(fillWithGroupsSql(this.c), this.input.params);
  }

  #count(
    acceptedGroups: number,
    { rows, groups, isInKeyOrder }: ChangedRows,
    heldBack: HeldBack,
  ): ChangeSet {
    const removed = countFrom(this.db, temp(this.c.removedTable));
    const removedUnaccepted = this.mayBeThere
      ? countFrom(this.db, `${temp(this.c.removedTable)} AS r WHERE NOT ${wasAccepted(this.c)}`)
      : 0;
    const changed = groups - this.#countNew(acceptedGroups, groups);
    return {
      comparison: this.c,
      new: groups - changed,
      changed,
      unchanged: acceptedGroups - changed - (removed - removedUnaccepted) - heldBack.accepted,
      heldBack,
      removed,
      removedUnaccepted,
      rows,
      isInKeyOrder,
    };
  }

  #countNew(acceptedGroups: number, groups: number): number {
    if (acceptedGroups === 0) return groups;
    const keys = columnList(this.c.uniqueKey);
    return countFrom(
      this.db,
      `(SELECT DISTINCT ${keys} FROM ${temp(this.c.rowsTable)}) AS r WHERE NOT ${
        wasAccepted(this.c)
      }`,
    );
  }

  #sums(sql: string): Sums {
    return toSums(this.#get(sql, []));
  }

  #get(sql: string, params: readonly SqlValue[]): Record<string, unknown> {
    return this.db.prepare(sql).get(...params.map(toBound)) ?? {};
  }

  #run(sql: string, params: readonly SqlValue[] = []): void {
    this.db.prepare(sql).run(...params.map(toBound));
  }
}

function minus(a: Sums, b: Sums): Sums {
  return { matched: a.matched - b.matched, low: a.low - b.low, high: a.high - b.high };
}

function agree(a: Sums, b: Sums): boolean {
  return a.matched === b.matched && a.low === b.low && a.high === b.high;
}
