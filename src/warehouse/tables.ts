/**
 * Questions about tables and views in the SQLite file.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { quoteIdentifier } from "~/sql/identifiers.ts";
import { cachedStatement } from "~/warehouse/statements/cached_statement.ts";
import type { BoundValue } from "./values.ts";

/**
 * `"table"`, `"view"`, or `undefined` where nothing has that name.
 *
 * Asking `sqlite_schema` reads all of it, which thousands of models would pay thousands of times;
 * so that is done only for views that cannot be read any more.
 */
export function findTableType(db: DatabaseSync, name: string): "table" | "view" | undefined {
  if (!isThere(db, name)) return undefined;
  try {
    // Prepared, and never run.
    db.prepare(`DELETE FROM ${quoteIdentifier(name)}`);
    return "table";
  } catch (error) {
    if (error instanceof Error && error.message.endsWith("because it is a view")) return "view";
    const row = db.prepare("SELECT type FROM sqlite_schema WHERE name = ? COLLATE NOCASE").get(
      name,
    );
    return row?.type as "table" | "view";
  }
}

function isThere(db: DatabaseSync, name: string): boolean {
  try {
    return cachedStatement(db, "SELECT 1 FROM pragma_table_info(?) LIMIT 1").get(name) !==
      undefined;
  } catch {
    // A view that reads what is not there any more: it is there, and cannot be read.
    return true;
  }
}

/** The columns of a table or view, in order; a view that cannot be read any more has none. */
export function columnsOf(db: DatabaseSync, name: string): string[] {
  try {
    return cachedStatement(db, "SELECT name FROM pragma_table_info(?)").all(name)
      .map((row) => String(row.name));
  } catch (error) {
    if (findTableType(db, name) === "view") return [];
    throw error;
  }
}

/**
 * Makes a table of what a query gives.
 *
 * @returns `false`: something of that name is there, and nothing was done. To try is cheaper than to ask.
 */
export function createTableAs(db: DatabaseSync, name: string, select: string): boolean {
  const table = quoteIdentifier(name);
  try {
    db.exec(`CREATE TABLE ${table} AS ${select}`);
    return true;
  } catch (error) {
    const isTaken = error instanceof Error &&
      /^(table|view) "[^"]+" already exists/.test(error.message);
    if (isTaken) return false;
    throw error;
  }
}

/** How many rows a table has. */
export function countRows(db: DatabaseSync, name: string): number {
  return countFrom(db, quoteIdentifier(name));
}

/** How many rows a query has, given what follows its FROM. */
export function countFrom(
  db: DatabaseSync,
  from: string,
  ...params: readonly BoundValue[]
): number {
  return Number(db.prepare(`SELECT count(*) AS n FROM ${from}`).get(...params)?.n);
}

/** Whether a table has no rows. */
export function isEmpty(db: DatabaseSync, name: string): boolean {
  return db.prepare(`SELECT 1 FROM ${quoteIdentifier(name)} LIMIT 1`).get() === undefined;
}

/** Deletes all rows; what is a view, as another kind made it, becomes an empty table of its columns. */
export function emptyTable(db: DatabaseSync, name: string): void {
  const table = quoteIdentifier(name);
  if (findTableType(db, name) === "table") return db.exec(`DELETE FROM ${table}`);
  const columns = columnsOf(db, name).map(quoteIdentifier);
  dropTable(db, name);
  db.exec(`CREATE TABLE ${table} (${columns.join(", ")})`);
}

/** Names of all tables and views, Spoor's and SQLite's own left out. */
export function listTables(db: DatabaseSync): string[] {
  return db.prepare(
    `SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')
     AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'spoor.%'`,
  ).all().map((row) => String(row.name));
}

/** Drops a table or view if it is there. */
export function dropTable(db: DatabaseSync, name: string): void {
  const type = findTableType(db, name);
  if (type) db.exec(`DROP ${type.toUpperCase()} ${quoteIdentifier(name)}`);
}
