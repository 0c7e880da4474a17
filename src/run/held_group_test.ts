import assert from "node:assert/strict";
import type { LedgerEntry } from "~/store/ledger.ts";
import type { DeliveredChange } from "./delivered_changes.ts";
import { heldGroupOf } from "./held_group.ts";

const change = { number: 1, action: "update", keyText: "[1]", hash: "1:a" } as DeliveredChange;
const tried: LedgerEntry = {
  id: 7,
  groupKey: "[1]",
  contentHash: "1:a",
  state: "unknown",
  batch: 0,
  place: 0,
  attempts: 2,
  parked: false,
  action: "update",
  moved: false,
  runId: 3,
};

Deno.test("heldGroupOf() goes on with a change in the batch that it went out in, or in none", () => {
  const inBatch = { ...tried, batch: 9, place: 1 };
  const { changeId, batch, place, attempts } = heldGroupOf(change, inBatch, inBatch);
  assert.deepEqual([changeId, batch, place, attempts], [7, 9, 1, 3]);
  assert.equal(heldGroupOf(change, tried, tried).batch, 0);
});

Deno.test("heldGroupOf() begins another change anew, and remembers the one before", () => {
  const { changeId, batch, attempts, earlier } = heldGroupOf(change, tried, undefined);
  assert.deepEqual([changeId, batch, attempts, earlier], [0, 0, 1, tried]);
});
