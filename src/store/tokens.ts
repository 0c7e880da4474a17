/**
 * OAuth tokens in the state file: sealed, and opaque here. Beside those of a service that has refused to
 * renew them lies when it did, until it gives others.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { readMeta, removeMeta } from "./meta.ts";

/** The sealed tokens of a provider; `undefined` when it is not authorised. */
export function loadSealedToken(db: DatabaseSync, name: string): Uint8Array | undefined {
  const row = db.prepare(`SELECT sealed FROM "spoor.tokens" WHERE name = ?`).get(name);
  return row?.sealed instanceof Uint8Array ? row.sealed : undefined;
}

/** Stores the tokens of an authorisation. */
export function saveSealedToken(
  db: DatabaseSync,
  name: string,
  sealed: Uint8Array,
  at: string,
): void {
  // First, as this may be no transaction: a refusal is never said of tokens that it was not about.
  forgetRefusal(db, name);
  db.prepare(`INSERT OR REPLACE INTO "spoor.tokens" (name, sealed, updated_at) VALUES (?, ?, ?)`)
    .run(name, sealed, at);
}

/** Stores renewed tokens, unless somebody has authorised anew or has taken them away meanwhile. */
export function replaceSealedToken(
  db: DatabaseSync,
  name: string,
  before: Uint8Array,
  sealed: Uint8Array,
  at: string,
): void {
  const { changes } = db.prepare(
    `UPDATE "spoor.tokens" SET sealed = ?, updated_at = ? WHERE name = ? AND sealed = ?`,
  ).run(sealed, at, name, before);
  if (changes > 0) forgetRefusal(db, name);
}

/** Forgets a provider's tokens; false when there were none. */
export function removeSealedToken(db: DatabaseSync, name: string): boolean {
  forgetRefusal(db, name);
  return db.prepare(`DELETE FROM "spoor.tokens" WHERE name = ?`).run(name).changes > 0;
}

/** In `spoor.meta`, before a provider's name. */
const REFUSED = "refused:";

/** A service has refused to renew these tokens, unless others have taken their place meanwhile. */
export function noteRefusal(db: DatabaseSync, name: string, sealed: Uint8Array, at: string): void {
  db.prepare(
    `INSERT OR REPLACE INTO "spoor.meta"
     SELECT ?, ? FROM "spoor.tokens" WHERE name = ? AND sealed = ?`,
  ).run(REFUSED + name, at, name, sealed);
}

/** When a service has refused to renew its tokens, ISO 8601 in UTC; `undefined`: it has not. */
export function loadRefusal(db: DatabaseSync, name: string): string | undefined {
  return readMeta(db, REFUSED + name);
}

function forgetRefusal(db: DatabaseSync, name: string): void {
  removeMeta(db, REFUSED + name);
}

/** The sealed tokens of a provider, and since when they are there. */
export interface SealedTokens {
  name: string;
  sealed: Uint8Array;
  /** ISO 8601, UTC. */
  updatedAt: string;
  /** When the service has refused to renew them; ISO 8601, UTC. */
  refusedAt: string | undefined;
}

/** Those of all providers that are authorised. */
export function listSealedTokens(db: DatabaseSync): SealedTokens[] {
  // A file of an earlier Spoor, opened for reading: it is brought up to date by the next run.
  if (!db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'spoor.tokens'`).get()) return [];
  return db.prepare(`SELECT name, sealed, updated_at FROM "spoor.tokens" ORDER BY name`).all()
    .map((row) => ({
      name: String(row.name),
      sealed: row.sealed as Uint8Array,
      updatedAt: String(row.updated_at),
      refusedAt: loadRefusal(db, String(row.name)),
    }));
}
