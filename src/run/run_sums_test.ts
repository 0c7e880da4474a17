// deno-lint-ignore-file camelcase -- an event's fields
import assert from "node:assert/strict";
import type { DeliveryCounts, ModelFinished } from "./run_event.ts";
import { RunSums } from "./run_sums.ts";

const FINISHED: ModelFinished = {
  type: "model_finished",
  model: "sync.crm",
  kind: "tracked",
  status: "ok",
  reason: "it never ran",
  changed: true,
  elapsed_ms: 1,
};
const COUNTS: DeliveryCounts = {
  new: 5,
  changed: 4,
  unchanged: 3,
  removed: 2,
  parked: 1,
  left: 16,
  saved: 1,
  rejected: 2,
  failed: 4,
  unknown: 8,
};

const NO_REQUESTS = { sent: 0, accepted: 0, refused: 0, retries: 0 };

Deno.test("RunSums adds up groups and requests of all models, and what was delivered is what became of it", () => {
  const sums = new RunSums();
  sums.see(FINISHED);
  assert.deepEqual(
    { ...sums },
    { requests: NO_REQUESTS, groups: undefined },
    "none has compared any",
  );
  const requests = { sent: 3, accepted: 2, refused: 1, retries: 4 };
  sums.see({ ...FINISHED, delivery: COUNTS, requests });
  assert.deepEqual(sums.groups, { delivered: 31, ...COUNTS });
  sums.see({ ...FINISHED, delivery: { ...COUNTS, saved: 2 }, requests });
  assert.deepEqual(sums.requests, { sent: 6, accepted: 4, refused: 2, retries: 8 });
  assert.equal(sums.groups?.delivered, 31 + 32);
  assert.equal(sums.groups?.saved, 3);
  assert.equal(COUNTS.saved, 1, "what it was told is as it was");
});
