import assert from "node:assert/strict";
import type { LedgerEntry } from "~/store/changes/ledger.ts";
import type { DeliveredChange } from "./delivered_change_reader.ts";
import { areOutTogether, type GivenGroup, givenGroupOf, knownBeside } from "./given_group.ts";

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
  settledHash: undefined,
  runId: 3,
};

Deno.test("givenGroupOf() goes on with a change in the batch that it went out in, or in none", () => {
  const inBatch = { ...tried, batch: 9, place: 1 };
  const { changeId, batch, place, attempts } = givenGroupOf(change, inBatch, inBatch);
  assert.deepEqual([changeId, batch, place, attempts], [7, 9, 1, 3]);
  assert.equal(givenGroupOf(change, tried, tried).batch, 0);
});

Deno.test("givenGroupOf() begins another change anew, and remembers the one before", () => {
  const { changeId, batch, attempts, earlier } = givenGroupOf(change, tried, undefined);
  assert.deepEqual([changeId, batch, attempts, earlier], [0, 0, 1, tried]);
});

Deno.test("areOutTogether() knows a batch from its parts and from what one of them went out in since", () => {
  const out = (batch: number, batchSize: number): GivenGroup => ({
    ...givenGroupOf(change, undefined, undefined),
    isOut: true,
    batch,
    batchSize,
  });
  assert.equal(areOutTogether([out(-1, 2), out(-1, 2)]), true);
  assert.equal(areOutTogether([out(-1, 2)]), false);
  assert.equal(areOutTogether([out(-1, 2), out(-2, 2)]), false);
  assert.equal(areOutTogether([out(0, 1)]), true);
  assert.equal(areOutTogether([{ ...out(0, 1), isOut: false }]), false);
});

Deno.test("knownBeside() remembers what was settled until something beside the state may have replaced it", () => {
  const settled: LedgerEntry = { ...tried, state: "settled", contentHash: "1:s", moved: true };
  const given = { ...givenGroupOf(change, settled, undefined), changeId: 8 };
  const kept = { moved: true, settledHash: "1:s" };
  assert.deepEqual(knownBeside(given, "sent"), kept);
  assert.deepEqual(knownBeside(given, "failed"), kept);
  assert.deepEqual(knownBeside({ ...given, hasMoved: true }, "unknown"), kept);
  const lost = { moved: true, settledHash: undefined };
  assert.deepEqual(knownBeside({ ...given, hasMoved: true }, "failed"), lost);
  assert.deepEqual(knownBeside({ ...given, pending: 1 }, "rejected"), lost);
  // Another change of unknown end was between them.
  const between = { ...given, earlier: { ...tried, settledHash: "1:s", moved: true } };
  assert.deepEqual(knownBeside(between, "sent"), lost);
  assert.deepEqual(knownBeside({ ...between, changeId: tried.id }, "sent"), kept);
});
