/**
 * Numbers that stand for models' names in the record.
 *
 * A renamed model keeps its number. A name that another model has taken over stands for both.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { cachedStatement } from "~/warehouse/statements/cached_statement.ts";

/** All of a name. */
export function modelIdsOf(db: DatabaseSync, model: string): bigint[] {
  return cachedStatement(db, `SELECT id FROM "spoor.model_names" WHERE model = ?`).all(model)
    .map(({ id }) => BigInt(Number(id)));
}

/** The one to write under. Call inside a transaction: it may have to be made. */
export function modelIdToWrite(db: DatabaseSync, model: string): bigint {
  const [id] = modelIdsOf(db, model);
  if (id !== undefined) return id;
  const made = cachedStatement(db, `INSERT INTO "spoor.model_names" (model) VALUES (?)`).run(model);
  return BigInt(made.lastInsertRowid);
}
