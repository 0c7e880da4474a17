/**
 * Ids of batches, and of what a model's `verify` asks. They go down from -1, so that none is a change's: what
 * requests and tries are recorded by is either. They are no changes' ids because a plan, which cannot know
 * which batches are refused and go out in parts, is to give the changes the ids that the run gives them.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { readMeta } from "~/store/meta.ts";

const META_KEY = "last_batch";

/** The id that the next batch gets; ids are never used twice. */
export function nextBatchId(db: DatabaseSync): number {
  return Number(readMeta(db, META_KEY) ?? 0) - 1;
}

/** Remembers which are in use. */
export class BatchIds {
  readonly #keep: StatementSync;

  constructor(db: DatabaseSync) {
    // Two models send at once, and what they begin is not written down in the order of its ids.
    this.#keep = db.prepare(
      `INSERT INTO "spoor.meta" VALUES ('${META_KEY}', ?1) ON CONFLICT (key) DO UPDATE
       SET value = min(CAST(value AS INTEGER), ?1)`,
    );
  }

  /** The id is not given again. Call inside the transaction that uses it. */
  keep(id: number): void {
    this.#keep.run(BigInt(id));
  }
}
