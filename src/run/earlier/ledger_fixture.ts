/**
 * Tries of earlier runs, as the ledger has them, for tests.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { Ledger, type LedgerEntry } from "~/store/changes/ledger.ts";

/** What a test says of a try; the rest is that of an update on its own that failed once. */
export type Tried = Partial<LedgerEntry>;

const AT = "2026-01-01T00:00:00Z";

/** The whole entry. Its group is that of its id, where it names none: 3 is of `[3]`. */
export function entryOf(tried: Tried): LedgerEntry {
  const { id = 1 } = tried;
  return {
    id,
    groupKey: `[${id}]`,
    contentHash: "1:a",
    state: "failed",
    batch: 0,
    place: 0,
    attempts: 1,
    parked: false,
    action: "update",
    moved: false,
    settledHash: undefined,
    runId: 1,
    ...tried,
  };
}

/** Writes entries of `sync.crm`. Ids go by their order from 1, where none is said. */
export function noteTried(db: DatabaseSync, ...tried: readonly Tried[]): void {
  const ledger = new Ledger(db, "sync.crm");
  for (const [index, each] of tried.entries()) {
    const entry = entryOf({ id: index + 1, ...each });
    ledger.write([entry], { ...entry, at: AT });
  }
}
