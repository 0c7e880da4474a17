/**
 * Requests that a rate limit has let through, for as long as they count: a later run must know them.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { hasContent } from "~/base/files/has_content.ts";
import { openDatabase, openDatabaseReadOnly } from "~/warehouse/open_database.ts";
import { inTransaction } from "~/warehouse/transaction.ts";
import { versionOf } from "~/store/file/open_state.ts";
import { isOfMachine } from "./commits/write_failure.ts";
import { MIGRATIONS } from "./schema.ts";

/** A grant as it is recorded. */
export interface RecordedGrant {
  name: string;
  atMs: number;
}

/** All that are recorded. */
export function loadRateGrants(db: DatabaseSync): RecordedGrant[] {
  return db.prepare(`SELECT name, at_ms FROM "spoor.rate_grants"`).all()
    .map((row) => ({ name: String(row.name), atMs: Number(row.at_ms) }));
}

/** Records grants in the place of those that are there. */
export function replaceRateGrants(db: DatabaseSync, grants: readonly RecordedGrant[]): void {
  db.exec(`DELETE FROM "spoor.rate_grants"`);
  const insert = db.prepare(`INSERT INTO "spoor.rate_grants" (name, at_ms) VALUES (?, ?)`);
  for (const { name, atMs } of grants) insert.run(name, BigInt(atMs));
}

/**
 * Takes over what a plan on a copy of the state has read under a limit. Call while the run lock is held.
 *
 * Where there is no state file yet, none is made for it; and no run follows on one that cannot be written, or
 * that is of an earlier version, before that has changed.
 */
export function takeRateGrants(copy: string, path: string): void {
  if (!hasContent(copy) || !hasContent(path)) return;
  try {
    const [grants, before] = [copy, path].map(readRateGrants);
    if (!grants || !before || JSON.stringify(grants) === JSON.stringify(before)) return;
    using db = openDatabase(path);
    inTransaction(db, () => replaceRateGrants(db, grants));
  } catch (error) {
    if (!isOfMachine(error)) throw error;
  }
}

function readRateGrants(path: string): RecordedGrant[] | undefined {
  using db = openDatabaseReadOnly(path);
  return versionOf(db) === MIGRATIONS.length ? loadRateGrants(db) : undefined;
}

/** Prepared statements for one limit. */
export class RateGrants {
  readonly #add;
  readonly #prune;
  readonly #move;

  constructor(private readonly db: DatabaseSync, private readonly name: string) {
    this.#add = db.prepare(`INSERT INTO "spoor.rate_grants" (name, at_ms) VALUES (?, ?)`);
    this.#prune = db.prepare(`DELETE FROM "spoor.rate_grants" WHERE name = ? AND at_ms < ?`);
    this.#move = db.prepare(`UPDATE "spoor.rate_grants" SET at_ms = at_ms + ? WHERE name = ?`);
  }

  /** Wall times of the grants that are recorded, in milliseconds since 1970. */
  load(): number[] {
    return this.db.prepare(`SELECT at_ms FROM "spoor.rate_grants" WHERE name = ? ORDER BY at_ms`)
      .all(this.name).map((row) => Number(row.at_ms));
  }

  /** Records grants of one moment, and forgets those from before `countingFromMs`. */
  add(count: number, atMs: number, countingFromMs: number): void {
    this.#prune.run(this.name, BigInt(Math.floor(countingFromMs)));
    for (let added = 0; added < count; added++) this.#add.run(this.name, BigInt(Math.ceil(atMs)));
  }

  /** The wall clock has jumped: what is recorded goes with it. */
  move(byMs: number): void {
    this.#move.run(BigInt(Math.round(byMs)), this.name);
  }
}
