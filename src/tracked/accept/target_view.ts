/**
 * The target of a tracked model as long as all of it was saved as it was read: a view of the accepted rows, so
 * that they are kept once.
 *
 * The first group that is saved otherwise, or of which a row came twice, makes it a table of its own
 * (`detachTarget`), and that it stays.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { foldName, isSameName } from "~/base/text/same_name.ts";
import { quoteIdentifier } from "~/sql/identifiers.ts";
import { CONTENT_HASH, HASH_VERSION } from "~/tracked/content_hash.ts";
import { dropTable, findTableType } from "~/warehouse/tables.ts";
import {
  ACCEPTED_HASH,
  acceptedTableName,
  COPIES,
  hasOneRowEach,
  ROWID_KEY,
  rowidKeyOf,
} from "./accepted_table.ts";

/** A hash as an accepted row keeps it, from its text: 16 bytes instead of 34. The view has the version. */
export function keptHashSql(text: string): string {
  return `unhex(substr(${text}, ${HASH_VERSION.length + 2}))`;
}

/** A hash as text, from an accepted row (`a`). */
export const SHOWN_HASH = `'${HASH_VERSION}:' || lower(hex(a.${ACCEPTED_HASH}))`;

/** The columns, without the hash, of a target that is such a view; `undefined`: it is none, or cannot be read. */
export function targetViewColumns(db: DatabaseSync, model: string): string[] | undefined {
  if (findTableType(db, model) !== "view") return undefined;
  const columns = readColumns(db, model);
  const accepted = acceptedTableName(model);
  // No view of a user's reads such a table under the model's own name.
  const isOwn = columns.some(({ table }) => table !== null && isSameName(table, accepted));
  if (!isOwn) return undefined;
  return columns.map(({ name }) => name).filter((name) => name !== CONTENT_HASH);
}

function readColumns(
  db: DatabaseSync,
  view: string,
): readonly { name: string; table: string | null }[] {
  try {
    return db.prepare(`SELECT * FROM ${quoteIdentifier(view)}`).columns();
  } catch {
    // What it reads is not there any more.
    return [];
  }
}

/** Whether a model's target is such a view, though its accepted rows may be gone. */
export function isTargetView(db: DatabaseSync, model: string): boolean {
  const view = db.prepare(
    `SELECT sql FROM sqlite_schema WHERE type = 'view' AND name = ? COLLATE NOCASE`,
  ).get(model);
  return foldName(String(view?.sql)).endsWith(foldName(fromAccepted(model)));
}

/** Makes the view, in place of what has its name. */
export function createTargetView(
  db: DatabaseSync,
  model: string,
  columns: readonly string[],
): void {
  dropTable(db, model);
  db.exec(`CREATE VIEW ${quoteIdentifier(model)} AS ${shownSql(db, model, columns)}`);
}

/** Lays accepted rows out anew; where the target is a view of them, it shows them as before. */
export function keepTargetView<T>(db: DatabaseSync, model: string, layOut: () => T): T {
  const table = acceptedTableName(model);
  if (!findTableType(db, table)) {
    // The table that it showed is gone: nothing is known, and it may lack columns.
    if (findTableType(db, model) === "view" && isTargetView(db, model)) dropTable(db, model);
    return layOut();
  }
  const before = hasOneRowEach(db, table);
  const columns = targetViewColumns(db, model);
  const result = layOut();
  const isKept = hasOneRowEach(db, table) === before && targetViewColumns(db, model) !== undefined;
  if (columns && !isKept) createTargetView(db, model, columns);
  return result;
}

/** Makes the view a table of its own, with the same columns and rows. */
export function detachTarget(db: DatabaseSync, model: string, columns: readonly string[]): void {
  const target = quoteIdentifier(model);
  const list = [...columns.map(quoteIdentifier), CONTENT_HASH].join(", ");
  const shown = shownSql(db, model, columns);
  db.exec(
    `DROP VIEW ${target}; DROP INDEX IF EXISTS ${quoteIdentifier(lookupName(model))};
     CREATE TABLE ${target} (${list} TEXT NOT NULL); INSERT INTO ${target} ${shown}`,
  );
  if (hasOneRowEach(db, acceptedTableName(model))) return;
  const copies = shownSql(db, model, columns, `, a.${COPIES} - 1`);
  db.exec(
    `INSERT INTO ${target} WITH RECURSIVE copy (${list}, _spoor_left) AS (
       ${copies} WHERE a.${COPIES} > 1
       UNION ALL SELECT ${list}, _spoor_left - 1 FROM copy WHERE _spoor_left > 1)
     SELECT ${list} FROM copy`,
  );
}

/**
 * Makes looking up a row of such a view by its key fast, for models that read it. A key that is the rowid is
 * shown without the rowid's affinity, and cannot be looked up by it.
 */
export function ensureLookup(db: DatabaseSync, model: string): void {
  const accepted = acceptedTableName(model);
  if (!targetViewColumns(db, model) || !hasOneRowEach(db, accepted)) return;
  db.exec(
    `CREATE INDEX IF NOT EXISTS ${quoteIdentifier(lookupName(model))}
     ON ${quoteIdentifier(accepted)} (${ROWID_KEY})`,
  );
}

/** Of the index that `ensureLookup` makes. */
export function lookupName(model: string): string {
  return `spoor.key.${model}`;
}

function shownSql(
  db: DatabaseSync,
  model: string,
  columns: readonly string[],
  more = "",
): string {
  const rowidKey = rowidKeyOf(db, acceptedTableName(model));
  // With the table's alias: SQLite takes a quoted name that it does not know for a text.
  const shown = columns.map((column) => {
    const kept = foldName(column) === rowidKey ? ROWID_KEY : quoteIdentifier(column);
    return `a.${kept} AS ${quoteIdentifier(column)}`;
  });
  return `SELECT ${shown.join(", ")}, ${SHOWN_HASH} AS ${CONTENT_HASH}${more}${
    fromAccepted(model)
  }`;
}

function fromAccepted(model: string): string {
  return ` FROM ${quoteIdentifier(acceptedTableName(model))} AS a`;
}
