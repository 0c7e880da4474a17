/**
 * `spoor.meta`: what the state file keeps of itself, one value a key.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { UserError } from "~/base/user_error.ts";

/** The value of a key, if it has one. */
export function readMeta(db: DatabaseSync, key: string): string | undefined {
  const row = db.prepare(`SELECT value FROM "spoor.meta" WHERE key = ?`).get(key);
  return row && String(row.value);
}

/** Gives a key a value, in the place of what it had. */
export function writeMeta(db: DatabaseSync, key: string, value: string): void {
  db.prepare(`INSERT OR REPLACE INTO "spoor.meta" VALUES (?, ?)`).run(key, value);
}

/** Takes a key's value away, if it has one. */
export function removeMeta(db: DatabaseSync, key: string): void {
  db.prepare(`DELETE FROM "spoor.meta" WHERE key = ?`).run(key);
}

/** The key of what Idempotency-Keys are made of. */
export const PROJECT_ID = "project_id";

/**
 * What Idempotency-Keys are made of.
 *
 * @throws {UserError} It is gone: under another one a repeated request would have another key.
 */
export function readProjectId(db: DatabaseSync): string {
  const id = readMeta(db, PROJECT_ID);
  if (id) return id;
  throw new UserError(
    `Cannot use the state file: it has no project_id, of which Idempotency-Keys are made`,
    { hint: "Restore a backup: under another id a repeated request would have another key" },
  );
}
