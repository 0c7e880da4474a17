/**
 * Under which name a model's changes have their `Idempotency-Key`s.
 *
 * A key is made of the model's name, among others. A change that was begun before its model was
 * renamed keeps the name that it had then, so that a try after the renaming has the key of the first.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { nextLedgerId } from "./ledger.ts";

/** Changes below this id have their keys under this name. */
interface KeyName {
  name: string;
  below: number;
}

const META_KEY = "key_names.";

/** Tells the name that a change has its keys under. */
export function loadKeyNames(db: DatabaseSync, model: string): (changeId: number) => string {
  const names = namesOf(db, model);
  return (changeId) => names.find(({ below }) => changeId < below)?.name ?? model;
}

/** A model gets another name: what was begun so far keeps the one it had. Call inside a transaction. */
export function keepKeyName(db: DatabaseSync, from: string, to: string): void {
  const names = [...namesOf(db, from), { name: from, below: nextLedgerId(db) }];
  db.prepare(`DELETE FROM "spoor.meta" WHERE key = ?`).run(META_KEY + from);
  db.prepare(`INSERT OR REPLACE INTO "spoor.meta" VALUES (?, ?)`)
    .run(META_KEY + to, JSON.stringify(names));
}

/** Oldest first. */
function namesOf(db: DatabaseSync, model: string): KeyName[] {
  const row = db.prepare(`SELECT value FROM "spoor.meta" WHERE key = ?`).get(META_KEY + model);
  return row ? JSON.parse(String(row.value)) : [];
}
