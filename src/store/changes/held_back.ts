/**
 * Counting the changes that no run sends by itself.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";

/** Changes of one model that stand alike. */
export interface HeldChanges {
  model: string;
  /** `unknown`: held back only where the model sends at most once. */
  state: "failed" | "rejected" | "unknown";
  groups: number;
}

/** Parked ones, and those whose request may have arrived. */
export function countHeldChanges(db: DatabaseSync): HeldChanges[] {
  return db.prepare(
    `SELECT model, replace(state, 'sent', 'unknown') AS state, count(*) AS groups
     FROM "spoor.ledger" WHERE parked = 1 OR state IN ('unknown', 'sent') GROUP BY 1, 2`,
  ).all().map((row) => ({
    model: String(row.model),
    state: String(row.state) as HeldChanges["state"],
    groups: Number(row.groups),
  }));
}
