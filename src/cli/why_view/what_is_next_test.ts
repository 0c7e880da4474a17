// deno-lint-ignore-file camelcase -- columns of the ledger.
import assert from "node:assert/strict";
import type { LedgerRow } from "~/store/changes/group_story.ts";
import { type GroupFacts, whatIsNext } from "./what_is_next.ts";

const ROW: LedgerRow = {
  id: 7,
  model: "sync.crm",
  group_key: "[7]",
  content_hash: "1:a",
  state: "failed",
  batch: 0,
  attempts: 2,
  run_id: 3,
  error: null,
  parked: 0,
  action: "update",
  moved: 0,
  at: null,
};

const MODEL: GroupFacts["model"] = {
  name: "sync.crm",
  promise: "at_least_once",
  exportsVerify: false,
  maxAttempts: 10,
  isInProject: true,
  isOfSql: false,
  onRemoved: "forget",
};

function next(ledger: Partial<LedgerRow> | undefined, more: Partial<GroupFacts> = {}): string {
  const { code, text } = whatIsNext({
    model: MODEL,
    words: "7",
    accepted: undefined,
    last: undefined,
    compared: undefined,
    isRunning: false,
    option: "",
    outlook: {},
    pending: undefined,
    ledger: ledger && { ...ROW, ...ledger },
    ...more,
  });
  return `${code}: ${text}`;
}

const ACCEPTED = { isInDoubt: false };

const AT_MOST_ONCE: Partial<GroupFacts> = {
  model: {
    name: "sync.crm",
    promise: "at_most_once",
    exportsVerify: false,
    maxAttempts: 10,
    isInProject: true,
    isOfSql: false,
    onRemoved: "forget",
  },
};

Deno.test("whatIsNext() tells each state and what a person can do", () => {
  assert.match(next(undefined, { accepted: ACCEPTED }), /^accepted: .*until its content changes$/);
  assert.match(next({}), /^comes_again: .*attempt 3 of 10/);
  assert.match(next({ parked: 1 }), /^parked: .*spoor retry sync\.crm 7$/);
  assert.match(next({ state: "rejected", parked: 1 }), /^parked: /);
  assert.match(next({ state: "settled" }), /^settled: .*without a request/);
  assert.match(next(undefined), /^gone: no longer in the query/);
  assert.match(
    next(undefined, { last: { action: "remove", state: "accepted", run_id: 1 } }),
    /^gone: removed at the far side/,
  );
});

Deno.test("whatIsNext() leaves to a person only what at_most_once left unknown", () => {
  for (const state of ["unknown", "sent"] as const) {
    assert.match(next({ state, attempts: 1 }), /^repeated_first: .*same key$/);
    assert.match(next({ state }, AT_MOST_ONCE), /^waits_for_you: .*settle --sent sync\.crm 7/);
  }
  assert.match(next({ state: "unknown", attempts: 2 }), /^repeated: .*same key$/);
  assert.match(next({ state: "sent" }, { isRunning: true }), /^in_flight: .*run 3/);
  assert.match(next({ state: "unknown" }, { ...AT_MOST_ONCE, isRunning: true }), /^waits_for_you/);
});

Deno.test("whatIsNext() says where no file makes the model any more", () => {
  const model = {
    name: "a.b",
    promise: "at_least_once",
    exportsVerify: false,
    maxAttempts: 1,
    isInProject: false,
    isOfSql: false,
  };
  assert.match(
    next({}, { model } as Partial<GroupFacts>),
    /no file of the project makes its model/,
  );
});

Deno.test("whatIsNext() tells what no run has begun, whatever was accepted before", () => {
  const pending = { runId: 4, action: "update" } as const;
  assert.match(next(undefined, { pending }), /^pending: .*run 4 did not reach it; the next run/);
  assert.match(next(undefined, { pending, accepted: ACCEPTED }), /^pending: pending: changed/);
  assert.match(next(undefined, { pending, isRunning: true }), /its turn in run 4 has not come$/);
});

Deno.test("whatIsNext() promises nothing of a model that a budget blocks, but for what waits for a person", () => {
  const block = { runId: 4, why: "9 of 9 groups are new", command: "spoor run sync.crm --allow-x" };
  const pending = { runId: 3, action: "update" } as const;
  const blocked =
    /^blocked: .*run 4 stopped at the budget \(9 of 9.*nothing of sync\.crm is sent.*: spoor run sync\.crm --allow-x$/;
  assert.match(next(undefined, { outlook: { block }, accepted: ACCEPTED }), blocked);
  assert.match(next(undefined, { outlook: { block }, pending }), blocked);
  assert.match(next({ state: "unknown" }, { outlook: { block } }), blocked);
  assert.match(next({ parked: 1 }, { outlook: { block } }), /^parked: /);
  assert.match(
    next({ state: "unknown" }, { ...AT_MOST_ONCE, outlook: { block } }),
    /^waits_for_you: /,
  );
  assert.match(next(undefined, { outlook: { block }, pending, isRunning: true }), /^pending: /);
});

Deno.test("whatIsNext() goes by what --held has left only until a run has compared again", () => {
  const last = { action: "update", state: "adopted", run_id: 4 } as const;
  assert.match(
    next(undefined, { last, compared: { runId: 4, removed: 0 } }),
    /^comes_again: not at the far side/,
  );
  const there = { last, accepted: { isInDoubt: true } };
  assert.match(
    next(undefined, { ...there, compared: { runId: 4, removed: 0 } }),
    /^comes_again: .*something else/,
  );
  assert.match(
    next(undefined, { last, compared: { runId: 5, removed: 0 } }),
    /^gone: no longer in the query/,
  );
  assert.match(
    next(undefined, { ...there, compared: { runId: 5, removed: 0 } }),
    /^gone: left the query/,
  );
});

Deno.test("whatIsNext() tells what becomes of a group that has left the query, as @on_removed says", () => {
  const model = {
    name: "a.b",
    promise: "at_least_once" as const,
    exportsVerify: false,
    maxAttempts: 1,
    isInProject: true,
    isOfSql: false,
  };
  const of = (onRemoved: GroupFacts["model"]["onRemoved"]) =>
    next(undefined, { model: { ...model, onRemoved }, accepted: { isInDoubt: true } });
  assert.match(of("deliver"), /^pending: .*the next run removes it/);
  assert.match(of("keep"), /^kept: .*nothing is sent of it, unless it comes back$/);
  const kept = (removed: number) =>
    next(undefined, {
      model: { ...model, onRemoved: "keep" },
      accepted: ACCEPTED,
      compared: { runId: 4, removed },
    });
  assert.match(kept(0), /until its content changes$/);
  assert.match(kept(30), /^accepted: .*one of the 30 that left the query, until it comes back$/);
  assert.match(of("forget"), /^gone: .*forgets it, and sends nothing$/);
});

Deno.test("whatIsNext() counts no attempt beyond @max_attempts that was lowered since", () => {
  const model = { ...AT_MOST_ONCE.model, promise: "at_least_once", maxAttempts: 3 };
  const at = (attempts: number) => next({ attempts }, { model } as Partial<GroupFacts>);
  assert.match(at(2), /\(attempt 3 of 3\)$/);
  assert.match(
    at(5),
    /\(attempt 6; @max_attempts is 3 by now, so that it is parked if it fails\)$/,
  );
});

Deno.test("whatIsNext() says that the model's last run ended before it compared groups", () => {
  const failure = { runId: 4, why: "no such column: x" };
  const but = /; but run 4 ended before it compared groups: no such column: x$/;
  assert.match(next(undefined, { outlook: { failure }, accepted: ACCEPTED }), but);
  assert.match(next({}, { outlook: { failure } }), but);
  assert.doesNotMatch(
    next(undefined, { outlook: { failure }, accepted: ACCEPTED, isRunning: true }),
    /but/,
  );
  assert.doesNotMatch(next({ parked: 1 }, { outlook: { failure } }), /but/);
});

Deno.test("whatIsNext() says of a removal what @on_removed by now makes of it", () => {
  const of = (onRemoved: GroupFacts["model"]["onRemoved"], ledger: Partial<LedgerRow>) =>
    next({ action: "remove", ...ledger }, { model: { ...MODEL, onRemoved } });
  assert.match(of("deliver", {}), /^comes_again: /);
  assert.match(of("forget", {}), /^gone: .*forgets it, and sends nothing$/);
  assert.match(of("keep", {}), /^kept: /);
  for (const state of ["unknown", "sent"] as const) {
    assert.match(of("forget", { state }), /^gone: /);
    assert.match(of("deliver", { state }), /^repeated_first: /);
  }
  const parked = { parked: 1 };
  assert.match(of("deliver", parked), /^parked: parked until its content changes/);
  assert.match(of("forget", parked), /^parked: .*to let the next run forget it: spoor retry/);
  const gone = { ...MODEL, isInProject: false };
  assert.match(
    next({ action: "remove" }, { model: gone }),
    /^comes_again: .*; but no file of the project/,
  );
});

Deno.test("whatIsNext() says where the model has a kind that has no groups", () => {
  const model = { ...MODEL, otherKind: "table" };
  assert.match(next({}, { model }), /; but its model has the kind "table" now, and sends nothing$/);
});
