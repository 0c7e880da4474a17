/**
 * Rows that a tracked model keeps for itself: those of SQL, and those that TypeScript saves without a query,
 * lie where accepted rows lie, though no far side has them.
 *
 * A model that begins to send must not take them for sent. So it is noted of a model as soon as a run keeps
 * something, and no longer once a delivery has begun.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { quoteIdentifier } from "~/sql/identifiers.ts";
import { modelIdsOf } from "~/store/compact/model_ids.ts";
import { findTableType } from "~/warehouse/tables.ts";
import { acceptedTableName, COLUMNS_ID } from "./accepted_table.ts";

const META_KEY = "kept:";

/** A run has kept rows of the model. Call inside the transaction that does. */
export function noteKept(db: DatabaseSync, model: string): void {
  db.prepare(`INSERT OR IGNORE INTO "spoor.meta" VALUES (?, '1')`).run(META_KEY + model);
}

/** Whether rows of it were kept since it last began to deliver, or ever. */
export function areRowsKept(db: DatabaseSync, model: string): boolean {
  return db.prepare(`SELECT 1 FROM "spoor.meta" WHERE key = ?`).get(META_KEY + model) !== undefined;
}

/** Whether any group of it was ever delivered, or recorded as sent. */
export function hasDelivered(db: DatabaseSync, model: string): boolean {
  const read = db.prepare(`SELECT 1 FROM "spoor.delivery_records" WHERE model_id = ? LIMIT 1`);
  return modelIdsOf(db, model).some((id) => read.get(id) !== undefined);
}

/**
 * The model begins to deliver: of one that never did, what it kept is forgotten, and all its groups are new; of
 * one that did, all count as changed, as nothing tells what the far side has of each. Call inside the
 * transaction that finds the changes, before them.
 *
 * @param isAdopted What it has is recorded as sent: then it may be what was kept, too.
 */
export function endKept(db: DatabaseSync, model: string, isAdopted: boolean): void {
  if (!areRowsKept(db, model)) return;
  db.prepare(`DELETE FROM "spoor.meta" WHERE key = ?`).run(META_KEY + model);
  const accepted = acceptedTableName(model);
  if (hasDelivered(db, model)) {
    // Rows of no set of columns: no row of a query matches them.
    if (!isAdopted) db.exec(`UPDATE ${quoteIdentifier(accepted)} SET ${COLUMNS_ID} = 0`);
    return;
  }
  for (const table of [accepted, model]) {
    if (findTableType(db, table) === "table") db.exec(`DELETE FROM ${quoteIdentifier(table)}`);
  }
}

/** The model has another name. Call inside the transaction that gives its state to that. */
export function moveKept(db: DatabaseSync, from: string, to: string): void {
  db.prepare(`DELETE FROM "spoor.meta" WHERE key = ?`).run(META_KEY + to);
  db.prepare(`UPDATE "spoor.meta" SET key = ? WHERE key = ?`).run(META_KEY + to, META_KEY + from);
}
