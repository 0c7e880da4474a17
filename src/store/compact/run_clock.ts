/**
 * Times of a run as the record keeps them: milliseconds since it began, three bytes instead of 25.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { cachedStatement } from "~/warehouse/statements/cached_statement.ts";

/** Counts the time of one run. */
export class RunClock {
  readonly #startMs: number;
  #at = "";
  #ms = 0n;

  constructor(db: DatabaseSync, runId: number) {
    const row = cachedStatement(db, `SELECT started_at FROM "spoor.runs" WHERE id = ?`)
      .get(BigInt(runId));
    this.#startMs = startMsOf(row?.started_at);
  }

  /** @param at ISO 8601, UTC. */
  msAt(at: string): bigint {
    // Groups of a batch end in the same moment.
    if (at !== this.#at) this.#ms = BigInt(Date.parse(at) - this.#startMs);
    this.#at = at;
    return this.#ms;
  }
}

/** ISO 8601, UTC: so many milliseconds after the start of a run, if that is on record. */
export function timeAfter(startedAt: unknown, afterMs: unknown): string {
  return new Date(startMsOf(startedAt) + Number(afterMs)).toISOString();
}

function startMsOf(startedAt: unknown): number {
  return typeof startedAt === "string" ? Date.parse(startedAt) || 0 : 0;
}
