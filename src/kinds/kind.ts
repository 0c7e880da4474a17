/**
 * What a kind is: how a model's rows meet its target.
 *
 * Each kind is one file of this folder and one row of the registry.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";

/** Where a kind writes. */
export interface KindContext {
  db: DatabaseSync;
  /** The model's name, which is its target's. */
  model: string;
  uniqueKey: readonly string[];
}

/** What a write did. */
export interface WriteResult {
  /** Whether the target's content moved. */
  changed: boolean;
  /** Rows of the target now; a view has none of its own. */
  rows?: number;
  /** How its columns differ from before: `"+ tier"`, `"- plan"`. */
  columnChanges: readonly string[];
  /** What was compared, for kinds that compare group by group. */
  groups?: { new: number; changed: number; unchanged: number; removed: number };
}

/** How a model's rows meet its target. Methods run inside the caller's transaction. */
export interface Kind {
  /** Makes the target hold what a query gives; the query names tables as the file has them. */
  writeSelect(context: KindContext, select: string): WriteResult;
  /** Takes a table of saved rows; the table is gone afterwards. */
  writeSaved(context: KindContext, stage: string): WriteResult;
}
