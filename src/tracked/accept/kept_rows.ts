/**
 * Rows that a tracked model keeps for itself: those of SQL, and those that TypeScript saves without a query,
 * lie where accepted rows lie, though no far side has them.
 *
 * A model that begins to send must not take them for sent. So it is noted of a model that it keeps rows, and
 * what had been accepted of it until then is put by. Once it delivers again it goes on from that.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { columnList, quoteIdentifier } from "~/sql/identifiers.ts";
import { modelIdsOf } from "~/store/compact/model_ids.ts";
import { readMeta, removeMeta, writeMeta } from "~/store/meta.ts";
import { columnsOf, dropTable, findTableType } from "~/warehouse/tables.ts";
import { acceptedTableName, valueColumnsOf } from "./accepted_table.ts";
import { createTargetView, targetViewColumns } from "./target_view.ts";

const META_KEY = "kept:";

/** Name of the table of what was accepted before a model kept rows. */
function putByTableName(model: string): string {
  return `spoor.delivered.${model}`;
}

/** A run is about to keep rows of the model. Call inside its transaction, before anything is compared. */
export function beginKeeping(db: DatabaseSync, model: string): void {
  if (areRowsKept(db, model)) return;
  writeMeta(db, META_KEY + model, "1");
  const accepted = acceptedTableName(model);
  if (hasDelivered(db, model) && findTableType(db, accepted)) {
    copyTable(db, accepted, putByTableName(model));
  }
}

/** Whether rows of it were kept since it last began to deliver, or ever. */
export function areRowsKept(db: DatabaseSync, model: string): boolean {
  return readMeta(db, META_KEY + model) !== undefined;
}

/** Whether any group of it was ever delivered, or recorded as sent. */
export function hasDelivered(db: DatabaseSync, model: string): boolean {
  const read = db.prepare(`SELECT 1 FROM "spoor.delivery_records" WHERE model_id = ? LIMIT 1`);
  return modelIdsOf(db, model).some((id) => read.get(id) !== undefined);
}

/**
 * The model begins to deliver: what it kept is forgotten, and what was accepted before that counts again. Call
 * inside the transaction that finds the changes, before them.
 */
export function endKeeping(db: DatabaseSync, model: string): void {
  if (!areRowsKept(db, model)) return;
  removeMeta(db, META_KEY + model);
  const [accepted, putBy] = [acceptedTableName(model), putByTableName(model)];
  if (!findTableType(db, putBy)) return forgetAll(db, model);
  const isShown = targetViewColumns(db, model) !== undefined;
  if (isShown) dropTable(db, model);
  dropTable(db, accepted);
  copyTable(db, putBy, accepted);
  dropTable(db, putBy);
  if (isShown) createTargetView(db, model, valueColumnsOf(db, accepted));
}

/** The model has another name. Call inside the transaction that gives its state to that. */
export function moveKept(db: DatabaseSync, from: string, to: string): void {
  removeMeta(db, META_KEY + to);
  db.prepare(`UPDATE "spoor.meta" SET key = ? WHERE key = ?`).run(META_KEY + to, META_KEY + from);
  dropTable(db, putByTableName(to));
  if (!findTableType(db, putByTableName(from))) return;
  copyTable(db, putByTableName(from), putByTableName(to));
  dropTable(db, putByTableName(from));
}

/** It never delivered: all its groups are new. */
function forgetAll(db: DatabaseSync, model: string): void {
  for (const table of [acceptedTableName(model), model]) {
    if (findTableType(db, table) === "table") db.exec(`DELETE FROM ${quoteIdentifier(table)}`);
  }
}

/** The same table under another name; what it computes is computed there too. */
function copyTable(db: DatabaseSync, from: string, to: string): void {
  const row = db.prepare(`SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?`).get(
    from,
  );
  const target = quoteIdentifier(to);
  db.exec(
    String(row?.sql).replace(/^CREATE TABLE\s+"(?:[^"]|"")*"/, () => `CREATE TABLE ${target}`),
  );
  const list = columnList(columnsOf(db, from));
  db.exec(`INSERT INTO ${target} (${list}) SELECT ${list} FROM ${quoteIdentifier(from)}`);
}
