import assert from "node:assert/strict";
import type { LedgerRow } from "~/store/group_story.ts";
import { type GroupFacts, whatIsNext } from "./what_is_next.ts";

const ROW: LedgerRow = {
  ...{ id: 7, model: "sync.crm", group_key: "[7]", content_hash: "1:a", state: "failed" },
  ...{ batch: 0, attempts: 2, run_id: 3, error: null, parked: 0, action: "update", at: null },
};

function next(ledger: Partial<LedgerRow> | undefined, more: Partial<GroupFacts> = {}): string {
  const model: GroupFacts["model"] = {
    ...{ name: "sync.crm", promise: "at_least_once", maxAttempts: 10, isInProject: true },
  };
  const { code, text } = whatIsNext({
    ...{
      model,
      words: "7",
      isAccepted: false,
      last: undefined,
      isRunning: false,
      option: "",
      block: undefined,
      pending: undefined,
    },
    ledger: ledger && { ...ROW, ...ledger },
    ...more,
  });
  return `${code}: ${text}`;
}

const AT_MOST_ONCE: Partial<GroupFacts> = {
  model: { name: "sync.crm", promise: "at_most_once", maxAttempts: 10, isInProject: true },
};

Deno.test("whatIsNext() tells each state and what a person can do", () => {
  assert.match(next(undefined, { isAccepted: true }), /^accepted: .*until its content changes$/);
  assert.match(next({}), /^comes_again: .*attempt 3 of 10/);
  assert.match(next({ parked: 1 }), /^parked: .*spoor retry sync\.crm 7$/);
  assert.match(next({ state: "rejected", parked: 1 }), /^parked: /);
  assert.match(next({ state: "settled" }), /^settled: .*without a request/);
  assert.match(next(undefined), /^gone: no longer in the query/);
  assert.match(
    next(undefined, { last: { action: "remove", state: "accepted" } }),
    /^gone: removed at the far side/,
  );
});

Deno.test("whatIsNext() leaves to a person only what at_most_once left unknown", () => {
  for (const state of ["unknown", "sent"] as const) {
    assert.match(next({ state }), /^repeated_first: .*same key$/);
    assert.match(next({ state }, AT_MOST_ONCE), /^waits_for_you: .*settle --sent sync\.crm 7/);
  }
  assert.match(next({ state: "sent" }, { isRunning: true }), /^in_flight: .*run 3/);
  assert.match(next({ state: "unknown" }, { ...AT_MOST_ONCE, isRunning: true }), /^waits_for_you/);
});

Deno.test("whatIsNext() says where no file makes the model any more", () => {
  const model = { name: "a.b", promise: "at_least_once", maxAttempts: 1, isInProject: false };
  assert.match(
    next({}, { model } as Partial<GroupFacts>),
    /no file of the project makes its model/,
  );
});

Deno.test("whatIsNext() tells what no run has begun, whatever was accepted before", () => {
  const pending = { runId: 4, action: "update" } as const;
  assert.match(next(undefined, { pending }), /^pending: .*run 4 did not reach it; the next run/);
  assert.match(next(undefined, { pending, isAccepted: true }), /^pending: pending: changed/);
  assert.match(next(undefined, { pending, isRunning: true }), /its turn in run 4 has not come$/);
});

Deno.test("whatIsNext() promises nothing of a model that a budget blocks, but for what waits for a person", () => {
  const block = { runId: 4, why: "9 of 9 groups are new", command: "spoor run sync.crm --allow-x" };
  const pending = { runId: 3, action: "update" } as const;
  const blocked =
    /^blocked: .*run 4 stopped at the budget \(9 of 9.*nothing of sync\.crm is sent.*: spoor run sync\.crm --allow-x$/;
  assert.match(next(undefined, { block, isAccepted: true }), blocked);
  assert.match(next(undefined, { block, pending }), blocked);
  assert.match(next({ state: "unknown" }, { block }), blocked);
  assert.match(next({ parked: 1 }, { block }), /^parked: /);
  assert.match(next({ state: "unknown" }, { ...AT_MOST_ONCE, block }), /^waits_for_you: /);
  assert.match(next(undefined, { block, pending, isRunning: true }), /^pending: /);
});
