import assert from "node:assert/strict";
import { type BudgetFacts, type Budgets, findBreaches, limitsOf } from "./budget.ts";

const none = { new: 0, changed: 0, removed: 0 };
const budgets: Budgets = {
  maxRemoved: { percent: 20 },
  maxChanges: undefined,
  allowRemoved: false,
  allowChanges: false,
};

function breaches(facts: Partial<BudgetFacts>, given: Partial<Budgets> = {}): string[] {
  return findBreaches({ accepted: 100, ...none, ...facts }, { ...budgets, ...given })
    .map(({ budget }) => budget);
}

/** The one that is gone over. */
function breach(facts: Partial<BudgetFacts>, given: Partial<Budgets> = {}): string | undefined {
  const [first, ...others] = breaches(facts, given);
  assert.deepEqual(others, []);
  return first;
}

Deno.test("@max_removed lets exactly its share through, and blocks one group more", () => {
  assert.equal(breach({ removed: 20 }), undefined);
  assert.equal(breach({ removed: 21 }), "max_removed");
});

Deno.test("a percentage blocks nothing while fewer than ten groups are concerned", () => {
  assert.equal(breach({ accepted: 12, removed: 9 }), undefined);
  assert.equal(breach({ accepted: 12, removed: 10 }), "max_removed");
});

Deno.test("a number of groups blocks however few there are", () => {
  assert.equal(breach({ accepted: 5, removed: 2 }, { maxRemoved: { groups: 1 } }), "max_removed");
  assert.equal(breach({ accepted: 5, removed: 1 }, { maxRemoved: { groups: 0 } }), "max_removed");
});

Deno.test("an empty query blocks always, also where removals harm nothing", () => {
  assert.equal(breach({ accepted: 1, removed: 1 }), "empty_query");
  assert.equal(breach({ removed: 100 }, { maxRemoved: undefined }), "empty_query");
  assert.equal(breach({ removed: 100, new: 1 }, { maxRemoved: { percent: 100 } }), undefined);
});

Deno.test("what is held back is no removal, and no empty query while it is among the rows", () => {
  const limits = { maxRemoved: { percent: 100 } };
  const removed = 90;
  assert.equal(breach({ removed, heldBack: { accepted: 10, present: 0 } }, limits), "empty_query");
  assert.equal(breach({ removed, heldBack: { accepted: 10, present: 10 } }, limits), undefined);
  assert.equal(breach({ removed, heldBack: { accepted: 9, present: 0 } }, limits), undefined);
  assert.equal(breach({ heldBack: { accepted: 100, present: 0 } }, limits), undefined);
});

Deno.test("where a header says nothing a fifth may be removed; where what is removed is kept, all may", () => {
  assert.deepEqual(limitsOf({}), { maxRemoved: { percent: 20 }, maxChanges: undefined });
  const { maxRemoved } = limitsOf({ onRemoved: "keep", maxRemoved: { groups: 1 } });
  assert.equal(maxRemoved, undefined);
  assert.equal(breach({ removed: 99 }, { maxRemoved }), undefined);
});

Deno.test("@max_changes counts new and changed groups, and not in a first run", () => {
  const maxChanges = { percent: 50 };
  assert.equal(breach({ new: 25, changed: 25 }, { maxChanges }), undefined);
  assert.equal(breach({ new: 25, changed: 26 }, { maxChanges }), "max_changes");
  assert.equal(breach({ accepted: 0, new: 1_000 }, { maxChanges }), undefined);
});

Deno.test("@max_changes does not count again what an earlier run was let do, and tells what it has left", () => {
  const maxChanges = { groups: 5 };
  assert.equal(breach({ new: 30, changed: 5, carried: 30 }, { maxChanges }), undefined);
  const [over] = findBreaches(
    { accepted: 100, ...none, new: 30, changed: 6, carried: 30 },
    { ...budgets, maxChanges },
  );
  assert.deepEqual(over, {
    budget: "max_changes",
    limit: maxChanges,
    groups: 6,
    accepted: 100,
    carried: 30,
  });
  const [other] = findBreaches({ accepted: 100, ...none, new: 6 }, { ...budgets, maxChanges });
  assert.equal(Object.hasOwn(other ?? {}, "carried"), false);
});

Deno.test("each permission lets through its own budget only", () => {
  const maxChanges = { groups: 1 };
  const facts = { removed: 50, changed: 50 };
  assert.equal(breach(facts, { maxChanges, allowRemoved: true }), "max_changes");
  assert.equal(breach(facts, { maxChanges, allowChanges: true }), "max_removed");
  assert.equal(breach(facts, { maxChanges, allowChanges: true, allowRemoved: true }), undefined);
  assert.equal(breach({ removed: 100 }, { allowRemoved: true }), undefined);
});

Deno.test("all budgets that are gone over are found, removals first", () => {
  const maxChanges = { groups: 1 };
  assert.deepEqual(breaches({ removed: 50, changed: 50 }, { maxChanges }), [
    "max_removed",
    "max_changes",
  ]);
});
