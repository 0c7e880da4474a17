import assert from "node:assert/strict";
import {
  afterFailure,
  batchToBeIn,
  batchToRepeat,
  type EarlierTry,
  hasFailedBefore,
  isForced,
  isHeldBack,
  isRepeatedInVain,
  isThereByWord,
  knownByWord,
  mayHaveMore,
} from "./earlier_try.ts";

const tried: EarlierTry = {
  id: 7,
  contentHash: "1:a",
  state: "failed",
  batch: 0,
  attempts: 1,
  parked: false,
  action: "update",
  moved: false,
  settledHash: undefined,
};

Deno.test("isHeldBack() parks a content, and lets another one through", () => {
  const rejected: EarlierTry = { ...tried, state: "rejected", parked: true };
  assert.equal(isHeldBack(rejected, { hash: "1:a" }, "at_least_once"), true);
  assert.equal(isHeldBack(rejected, { hash: "1:b" }, "at_least_once"), false);
  assert.equal(isHeldBack(tried, { hash: "1:a" }, "at_least_once"), false);
  assert.equal(isHeldBack({ ...tried, parked: true }, { hash: "1:a" }, "at_most_once"), true);
});

Deno.test("isHeldBack() keeps for a person what may have arrived, at most once, whatever it is now", () => {
  for (const state of ["sent", "unknown"] as const) {
    assert.equal(isHeldBack({ ...tried, state }, { hash: "1:b" }, "at_most_once"), true);
    assert.equal(isHeldBack({ ...tried, state }, { hash: "1:a" }, "at_least_once"), false);
  }
});

Deno.test("isHeldBack() parks a removal while the group is gone", () => {
  const refused: EarlierTry = { ...tried, state: "rejected", parked: true, action: "remove" };
  assert.equal(isHeldBack(refused, "removed", "at_least_once"), true);
  assert.equal(isHeldBack(refused, { hash: "1:a" }, "at_least_once"), false);
  assert.equal(isHeldBack(refused, "absent", "at_least_once"), false);
  const update: EarlierTry = { ...refused, action: "update" };
  assert.equal(isHeldBack(update, "removed", "at_least_once"), false);
});

Deno.test("isForced() takes all for changed but what the far side refused, and did not do before", () => {
  assert.equal(isForced(tried), false);
  assert.equal(isForced({ ...tried, moved: true }), true);
  assert.equal(isForced({ ...tried, state: "unknown" }), true);
  assert.equal(isForced({ ...tried, state: "settled" }), true);
  assert.equal(isForced({ ...tried, state: "rejected" }), false);
  assert.equal(isForced({ ...tried, state: "rejected", moved: true }), true);
});

Deno.test("knownByWord() is what was settled, but for a try after it whose end is not known", () => {
  assert.equal(knownByWord(tried), undefined);
  assert.equal(knownByWord({ ...tried, state: "settled" }), "1:a");
  assert.equal(knownByWord({ ...tried, settledHash: "1:b" }), "1:b");
  assert.equal(knownByWord({ ...tried, settledHash: "1:b", state: "settled" }), "1:a");
  assert.equal(knownByWord({ ...tried, settledHash: "1:b", state: "unknown" }), undefined);
  assert.equal(knownByWord({ ...tried, state: "settled", action: "remove" }), undefined);
});

Deno.test("isThereByWord() does not know of a group that may have been removed", () => {
  const later: EarlierTry = { ...tried, settledHash: "1:b", state: "unknown" };
  assert.equal(isThereByWord(later), true);
  assert.equal(isThereByWord({ ...later, action: "remove" }), false);
  assert.equal(isThereByWord({ ...later, action: "remove", state: "failed" }), true);
  assert.equal(isThereByWord(tried), false);
});

Deno.test("mayHaveMore() tells what an answer has not undone", () => {
  assert.equal(mayHaveMore(tried), false);
  assert.equal(mayHaveMore({ ...tried, moved: true }), true);
  assert.equal(mayHaveMore({ ...tried, state: "sent" }), true);
});

Deno.test("batchToRepeat() repeats exactly what may have arrived, and nothing else", () => {
  assert.equal(batchToRepeat({ ...tried, state: "unknown", batch: 5 }), 5);
  assert.equal(batchToRepeat({ ...tried, state: "unknown" }), 7);
  assert.equal(batchToRepeat({ ...tried, batch: 5 }), 0);
});

Deno.test("batchToBeIn() keeps a batch that may have arrived, and lets alone what is to go alone", () => {
  assert.equal(batchToBeIn({ ...tried, state: "unknown", batch: -5 }), -5);
  assert.equal(batchToBeIn({ ...tried, batch: 7 }), 7, "it is to go alone");
  assert.equal(
    batchToBeIn({ ...tried, batch: -5 }),
    0,
    "after a refusal the batches may be others",
  );
  assert.equal(batchToBeIn(tried), 0);
});

Deno.test("hasFailedBefore() takes a group for what a batch may fail by once what was sent of it was refused", () => {
  assert.equal(hasFailedBefore(tried, "at_least_once"), true);
  assert.equal(hasFailedBefore({ ...tried, attempts: 0 }, "at_least_once"), false);
  assert.equal(hasFailedBefore({ ...tried, state: "unknown" }, "at_least_once"), false);
  assert.equal(hasFailedBefore(tried, "at_most_once"), false);
});

Deno.test("isRepeatedInVain() tells a second try without an answer from a first one, and from a run that died", () => {
  const unknown = { ...tried, state: "unknown" } as const;
  assert.equal(isRepeatedInVain(unknown), false);
  assert.equal(isRepeatedInVain({ ...unknown, attempts: 2 }), true);
  assert.equal(isRepeatedInVain({ ...unknown, moved: true }), true, "tried as something else");
  assert.equal(isRepeatedInVain({ ...tried, state: "sent", attempts: 2 }), false);
  assert.equal(isRepeatedInVain({ ...tried, attempts: 2 }), false, "it has failed for certain");
  assert.equal(isRepeatedInVain({ ...unknown, attempts: 2, action: "remove" }), false);
});

Deno.test("afterFailure() parks at the last attempt", () => {
  assert.equal(afterFailure(9, 10).parked, false);
  assert.equal(afterFailure(10, 10).parked, true);
});
