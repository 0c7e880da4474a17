/**
 * The unique keys that a model had: what is on record of the runs under one is about groups of that key.
 *
 * Kept in `spoor.meta`. Where there is no entry the key is not known to have been another one.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { readMeta, removeMeta, writeMeta } from "~/store/meta.ts";

/** One of them. */
export interface FormerKey {
  /** Empty where they are not known. */
  columns: readonly string[];
  /** The first run under the next key. */
  until: number;
}

const META_KEY = "former_keys.";

/** Those of a model, oldest first. */
export function formerKeysOf(db: DatabaseSync, model: string): FormerKey[] {
  return JSON.parse(readMeta(db, META_KEY + model) ?? "[]");
}

/** Notes that a model has another key from this run on. Call in the transaction that takes it. */
export function noteFormerKey(
  db: DatabaseSync,
  model: string,
  columns: readonly string[],
  runId: number,
): void {
  const keys = [...formerKeysOf(db, model), { columns, until: runId }];
  writeMeta(db, META_KEY + model, JSON.stringify(keys));
}

/** A model gets another name. Call inside a transaction. */
export function moveFormerKeys(db: DatabaseSync, from: string, to: string): void {
  const keys = readMeta(db, META_KEY + from);
  removeMeta(db, META_KEY + from);
  if (keys === undefined) removeMeta(db, META_KEY + to);
  else writeMeta(db, META_KEY + to, keys);
}
