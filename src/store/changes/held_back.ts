/**
 * Counting the changes that no run sends by itself.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { IS_UNKNOWN, TOLD_STATE } from "./ledger.ts";

/** Changes of one model that stand alike. */
export interface HeldBackChanges {
  model: string;
  /** `unknown`: held back only where the model sends at most once. */
  state: "failed" | "rejected" | "unknown";
  groups: number;
}

/** Parked ones, and those whose request may have arrived. */
export function countHeldBack(db: DatabaseSync): HeldBackChanges[] {
  return db.prepare(
    `SELECT model, ${TOLD_STATE} AS state, count(*) AS groups
     FROM "spoor.ledger" WHERE parked = 1 OR ${IS_UNKNOWN} GROUP BY 1, 2`,
  ).all().map((row) => ({
    model: String(row.model),
    state: String(row.state) as HeldBackChanges["state"],
    groups: Number(row.groups),
  }));
}
