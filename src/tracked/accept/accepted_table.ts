/**
 * The table of a tracked model's accepted source rows: what the far side is known to hold.
 *
 * Rows are as they were read, not as they were saved, so that a change can be found by comparing
 * values and shown field by field. One row of the table is one distinct row of a group, with how
 * often it came (`_spoor_copies`).
 *
 * `_spoor_token` is a random number of 47 bits. The sum of the tokens that a comparison met,
 * set against the sum of all, proves that every accepted row was met exactly as often as it should,
 * with no look at single rows: another set of rows has the same two sums in one of 2^46 cases.
 *
 * Where the key is one column of integers and every group one row, the key is the rowid, which makes
 * a look-up, and so the whole comparison, almost twice as fast (`fitAcceptedTable`). Tables that earlier
 * versions made so store `_spoor_ordinal` and `_spoor_copies`; now they are computed.
 *
 * `_spoor_columns` names the set of columns (`spoor.accepted_columns`) under which the row was
 * accepted: a row accepted under other columns has another content, whatever its values. Its number is below 0
 * where the far side may hold something else of the row, so that no row of a query matches it; earlier
 * versions wrote 0 then.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { foldName, isSameName } from "~/base/text/same_name.ts";
import { columnList, quoteIdentifier } from "~/sql/identifiers.ts";
import { cachedStatement } from "~/warehouse/statements/cached_statement.ts";
import { columnsOf, dropTable, findTableType, isEmpty } from "~/warehouse/tables.ts";

/** Name of the table that holds a model's accepted rows. */
export function acceptedTableName(model: string): string {
  return `spoor.accepted.${model}`;
}

/** Columns of Spoor's own in that table. */
export const COPIES = "_spoor_copies";
export const TOKEN = "_spoor_token";
export const COLUMNS_ID = "_spoor_columns";
/** SQL for that of a row that is in doubt from now on. */
export const DOUBTED_COLUMNS_ID = `-abs(${COLUMNS_ID})`;
/** 0, 1, … within a group; part of the primary key. */
export const ORDINAL = "_spoor_ordinal";

/**
 * The content hash of the row's group, 16 bytes, as long as the target is a view of this table
 * (`target_view.ts`). It comes last: a comparison does not read it.
 */
export const ACCEPTED_HASH = "_spoor_hash";
/** A key that is the rowid, once more, without a type: what is read by this name compares as it is. */
export const ROWID_KEY = "_spoor_key";

/** They come before a row's values, so that summing tokens reads no further. */
const OWN_COLUMNS =
  `${ORDINAL} INTEGER, ${COPIES} INTEGER, ${TOKEN} INTEGER, ${COLUMNS_ID} INTEGER`;
/** Where every row is alone in its group and came once. What is computed takes no room. */
const OWN_ROWID_COLUMNS = `${ORDINAL} INTEGER AS (0), ${COPIES} INTEGER AS (1), ${TOKEN} INTEGER,
  ${COLUMNS_ID} INTEGER`;

/** SQL for a fresh token. */
export const NEW_TOKEN = "(random() & 0x7fffffffffff)";
/** The half of a token that has its 24 lower bits: a sum of such numbers cannot overflow. */
export function tokenLow(alias: string): string {
  return `(${alias}.${TOKEN} & 0xffffff)`;
}

/** The other half; each is summed on its own. */
export function tokenHigh(alias: string): string {
  return `(${alias}.${TOKEN} >> 24)`;
}

/**
 * Creates the table, or adds the columns that it lacks.
 *
 * @returns The id of this set of columns.
 */
export function ensureAcceptedTable(
  db: DatabaseSync,
  model: string,
  uniqueKey: readonly string[],
  columns: readonly string[],
): number {
  const table = acceptedTableName(model);
  if (isOfEarlierVersion(db, table)) dropTable(db, table);
  if (!findTableType(db, table)) createAcceptedTable(db, table, uniqueKey, columns);
  else if (!hasKey(db, table, uniqueKey)) rekeyAcceptedTable(db, model, uniqueKey, columns);
  else addMissingColumns(db, table, columns);
  return columnsIdOf(db, model, columns);
}

/** It has no rows yet, and no room for hashes. */
function isOfEarlierVersion(db: DatabaseSync, table: string): boolean {
  const columns = columnsOf(db, table);
  return columns.length > 0 && !columns.includes(ACCEPTED_HASH) && isEmpty(db, table);
}

function createAcceptedTable(
  db: DatabaseSync,
  table: string,
  uniqueKey: readonly string[],
  columns: readonly string[],
): void {
  // No declared types: a value is kept as it is. WITHOUT ROWID: a look-up by key is one descent.
  const key = columnList(uniqueKey);
  db.exec(
    `CREATE TABLE ${quoteIdentifier(table)} (${OWN_COLUMNS},
     ${columnList(columns)}, ${ACCEPTED_HASH},
     PRIMARY KEY (${key}, ${ORDINAL})) WITHOUT ROWID`,
  );
}

/** The same columns with the key as the rowid: one row a group, and no other key than integers. */
function createRowidTable(
  db: DatabaseSync,
  table: string,
  key: string,
  columns: readonly string[],
): void {
  const others = columns.filter((column) => !isSameName(column, key)).map(quoteIdentifier);
  const list = [
    `${quoteIdentifier(key)} INTEGER PRIMARY KEY`,
    OWN_ROWID_COLUMNS,
    ...others,
    ACCEPTED_HASH,
    `${ROWID_KEY} AS (${quoteIdentifier(key)})`,
  ];
  db.exec(`CREATE TABLE ${quoteIdentifier(table)} (${list.join(", ")})`);
}

/**
 * Lays the table out for what is about to be accepted. Call before any of it is.
 *
 * @param isOneIntegerEach The unique key is one column that holds integers only, and every group is
 * one row.
 */
export function fitAcceptedTable(
  db: DatabaseSync,
  model: string,
  uniqueKey: readonly string[],
  isOneIntegerEach: boolean,
): void {
  const table = acceptedTableName(model);
  if (hasOneRowEach(db, table) === isOneIntegerEach) return;
  const columns = valueColumnsOf(db, table);
  const [key = ""] = uniqueKey;
  if (!isOneIntegerEach) {
    generalizeTable(db, table, uniqueKey, columns);
  } else if (isEmpty(db, table)) {
    // What is in a table that has rows is not looked through: they stay as they lie.
    dropTable(db, table);
    createRowidTable(db, table, key, columns);
  }
}

/** Makes a table whose key is the rowid the general one, with the rows that it has. */
function generalizeTable(
  db: DatabaseSync,
  table: string,
  uniqueKey: readonly string[],
  columns: readonly string[],
): void {
  const former = `${table}.former`;
  const hash = columnsOf(db, table).includes(ACCEPTED_HASH) ? [ACCEPTED_HASH] : [];
  const list = columnList([...columns, ORDINAL, COPIES, TOKEN, COLUMNS_ID, ...hash]);
  db.exec(`ALTER TABLE ${quoteIdentifier(table)} RENAME TO ${quoteIdentifier(former)}`);
  createAcceptedTable(db, table, uniqueKey, columns);
  db.exec(
    `INSERT INTO ${quoteIdentifier(table)} (${list}) SELECT ${list} FROM ${quoteIdentifier(former)};
     DROP TABLE ${quoteIdentifier(former)}`,
  );
}

/** The columns of what was accepted: all that are not Spoor's own. */
export function valueColumnsOf(db: DatabaseSync, table: string): string[] {
  return columnsOf(db, table).filter((column) => !column.startsWith("_spoor_"));
}

function addMissingColumns(db: DatabaseSync, table: string, columns: readonly string[]): void {
  const known = new Set(columnsOf(db, table).map(foldName));
  for (const column of columns) {
    if (known.has(foldName(column))) continue;
    db.exec(`ALTER TABLE ${quoteIdentifier(table)} ADD COLUMN ${quoteIdentifier(column)}`);
  }
}

function hasKey(db: DatabaseSync, table: string, uniqueKey: readonly string[]): boolean {
  const key = keyOf(db, table).filter((column) => column !== ORDINAL);
  return key.join("\0") === uniqueKey.map(foldName).join("\0");
}

/** Whether the key is the rowid, so that every group is one row that came once. */
export function hasOneRowEach(db: DatabaseSync, table: string): boolean {
  return !keyOf(db, table).includes(ORDINAL);
}

/** The column that is the rowid, folded; `undefined`: the table is the general one. */
export function rowidKeyOf(db: DatabaseSync, table: string): string | undefined {
  return hasOneRowEach(db, table) ? keyOf(db, table)[0] : undefined;
}

/**
 * Where and what is inserted for a row that is alone in its group and came once, but for its values: columns
 * and expressions, `, a, b`. What the table computes is not inserted.
 */
export function ownInsert(db: DatabaseSync, table: string, columnsId: number): {
  columns: string;
  values: string;
} {
  const own = { columns: `, ${TOKEN}, ${COLUMNS_ID}`, values: `, ${NEW_TOKEN}, ${columnsId}` };
  if (!columnsOf(db, table).includes(ORDINAL)) return own;
  return { columns: `, ${ORDINAL}, ${COPIES}${own.columns}`, values: `, 0, 1${own.values}` };
}

/** Columns of the key that a model's accepted rows are grouped by; none where nothing was begun. */
export function acceptedKeyOf(db: DatabaseSync, model: string): string[] {
  return primaryKeyOf(db, acceptedTableName(model)).filter((name) => name !== ORDINAL);
}

/** The columns of the primary key, folded; without `ORDINAL` where the key is the rowid. */
function keyOf(db: DatabaseSync, table: string): string[] {
  return primaryKeyOf(db, table).map(foldName);
}

function primaryKeyOf(db: DatabaseSync, table: string): string[] {
  return cachedStatement(db, "SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk")
    .all(table)
    .map(({ name }) => String(name));
}

/**
 * The model has another `@unique_key` now: the same rows, grouped anew, so that nothing is sent
 * again for it. Where a key column is new to the table, nothing is known and all counts as new.
 */
function rekeyAcceptedTable(
  db: DatabaseSync,
  model: string,
  uniqueKey: readonly string[],
  columns: readonly string[],
): void {
  const table = acceptedTableName(model);
  const old = columnsOf(db, table);
  const canKeep = uniqueKey.every((key) => old.some((each) => isSameName(each, key)));
  const kept = valueColumnsOf(db, table);
  const added = columns.filter((column) => !kept.some((each) => isSameName(each, column)));
  const former = `${table}.former`;
  db.exec(`ALTER TABLE ${quoteIdentifier(table)} RENAME TO ${quoteIdentifier(former)}`);
  createAcceptedTable(db, table, uniqueKey, [...kept, ...added]);
  if (canKeep) {
    const hash = old.includes(ACCEPTED_HASH) ? [ACCEPTED_HASH] : [];
    const list = columnList([...kept, ...hash]);
    const key = uniqueKey.map(quoteIdentifier);
    db.exec(
      `INSERT INTO ${
        quoteIdentifier(table)
      } (${list}, ${ORDINAL}, ${COPIES}, ${TOKEN}, ${COLUMNS_ID})
       SELECT ${list}, row_number() OVER (PARTITION BY ${key.join(", ")}) - 1,
       ${COPIES}, ${TOKEN}, ${COLUMNS_ID} FROM ${quoteIdentifier(former)}
       WHERE ${key.map((each) => `${each} IS NOT NULL`).join(" AND ")}`,
    );
  }
  db.exec(`DROP TABLE ${quoteIdentifier(former)}`);
}

function columnsIdOf(db: DatabaseSync, model: string, columns: readonly string[]): number {
  const text = JSON.stringify([...columns].sort());
  const find = () =>
    db.prepare(`SELECT id FROM "spoor.accepted_columns" WHERE model = ? AND columns = ?`)
      .get(model, text);
  const found = find();
  if (found) return Number(found.id);
  db.prepare(`INSERT INTO "spoor.accepted_columns" (model, columns) VALUES (?, ?)`).run(
    model,
    text,
  );
  return Number(find()?.id);
}
