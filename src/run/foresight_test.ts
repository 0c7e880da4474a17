import assert from "node:assert/strict";
import { Foresight } from "./foresight.ts";
import type { HeldGroup } from "./held_group.ts";

const WRITTEN = Promise.resolve();

Deno.test("the next group is foreseen when one that was out is accepted, and only that one", () => {
  const { held, foresight, begin, accept } = play(4);
  begin(1);
  assert.deepEqual(accept(1), [2]);
  assert.equal(held.get(2)?.isAhead, true);
  begin(2);
  assert.equal(held.get(2)?.isAhead, false);
  assert.deepEqual(accept(2), [3]);
  assert.deepEqual(foresight.begins([]), []);
});

Deno.test("as many groups are foreseen as have ended, so that no more are out than before", () => {
  const { held, begin, accept } = play(6);
  for (const number of [1, 2, 3]) begin(number);
  assert.deepEqual(accept(2, 1), [4, 5]);
  assert.equal([...held.values()].filter(({ isOut }) => isOut).length, 3);
});

Deno.test("a group that ends without a request has no successor until one was out", () => {
  const { accept } = play(3);
  assert.deepEqual(accept(1), []);
});

Deno.test("a model that passes over a foreseen group is not foreseen any more", () => {
  const { held, begin, accept } = play(5);
  begin(1);
  accept(1);
  assert.deepEqual(begin(3), [2]);
  assert.equal(held.get(2)?.isOut, false);
  assert.deepEqual(accept(3), []);
});

Deno.test("a second request of a group changes nothing of what is foreseen", () => {
  const { held, begin, accept } = play(4);
  begin(1);
  begin(2);
  accept(1);
  assert.deepEqual(begin(2), []);
  assert.equal(held.get(3)?.isAhead, true);
});

Deno.test("a batch is not foreseen; what was and is not in it is taken back", () => {
  const { begin, accept } = play(7);
  begin(1);
  begin(2);
  accept(1, 2);
  assert.deepEqual(begin(3, 5), [4]);
  assert.deepEqual(accept(3, 5), []);
});

Deno.test("what is sent at most once is never foreseen", () => {
  const { begin, accept } = play(3, false);
  begin(1);
  assert.deepEqual(accept(1), []);
});

Deno.test("an intent that could not be written was not foreseen", async () => {
  const { held, foresight, begin } = play(3);
  begin(1);
  const next = foresight.follow([get(held, 1)], held);
  const failed = Promise.reject(new Error("database or disk is full"));
  foresight.write(next, failed);
  await failed.catch(() => {});
  assert.deepEqual([held.get(2)?.isOut, held.get(2)?.intent], [false, undefined]);
});

/** A model with groups 1, 2, … in its hands. */
function play(groups: number, isOn = true): {
  held: Map<number, HeldGroup>;
  foresight: Foresight;
  begin: (...numbers: number[]) => number[];
  accept: (...numbers: number[]) => number[];
} {
  const foresight = new Foresight(isOn);
  const held = new Map(
    Array.from({ length: groups }, (_, index) => [index + 1, openGroup(index + 1)]),
  );
  const begin = (...numbers: number[]) => {
    const begun = numbers.map((number) => get(held, number));
    const overtaken = foresight.begins(begun);
    for (const group of begun) Object.assign(group, { intent: WRITTEN, isOut: true });
    return overtaken.map(({ number }) => number);
  };
  const accept = (...numbers: number[]) => {
    const accepted = numbers.map((number) => get(held, number));
    const next = foresight.follow(accepted, held);
    foresight.write(next, WRITTEN);
    for (const number of numbers) held.delete(number);
    return next.map(({ number }) => number);
  };
  return { held, foresight, begin, accept };
}

function get(held: ReadonlyMap<number, HeldGroup>, number: number): HeldGroup {
  return held.get(number) ?? openGroup(number);
}

function openGroup(number: number): HeldGroup {
  return {
    ...{ number, key: [number], keyText: `[${number}]`, hash: "1:a", firstRow: 1, lastRow: 1 },
    ...{ action: "create", changed: undefined, changeId: number, batch: 0, place: 0, attempts: 1 },
    ...{ intent: undefined, isOut: false, isAhead: false, pending: 0, hasLeft: false },
    ...{ isUncertain: false, hasMoved: false, earlier: undefined, end: "open" },
  };
}
