/**
 * The batches that a try's last requests were a part of before, with their own requests.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { batchesBefore, type PartedBatch } from "~/store/changes/batch_parts.ts";
import { type RequestRow, requestsOf } from "~/store/changes/group_story.ts";

/** One such batch. */
export interface ToldBatch extends PartedBatch {
  requests: readonly RequestRow[];
}

/**
 * Reads them, the last one first.
 *
 * @param part What the try's own requests are recorded by.
 * @param limit Requests of each batch.
 */
export function loadBatchesBefore(
  db: DatabaseSync,
  part: number,
  runId: number,
  limit: number,
): ToldBatch[] {
  return batchesBefore(db, part, runId)
    .map((each) => ({ ...each, requests: requestsOf(db, each.batch, runId, limit) }))
    // None left: there is nothing to tell.
    .filter(({ requests }) => requests.length > 0);
}
