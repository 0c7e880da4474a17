/**
 * Requests that a rate limit has let through, for as long as they count: a later run must know them.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";

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
