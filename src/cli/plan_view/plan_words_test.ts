// deno-lint-ignore-file camelcase -- a plan as programs read it.
import assert from "node:assert/strict";
import type { PlannedChange, PlannedModel } from "~/plan/plan_document.ts";
import { lastTryText, rowsText } from "./plan_words.ts";

const TRACKED: PlannedModel = {
  model: "sync.people",
  kind: "tracked",
  fingerprint: "f",
  status: "runs",
  reason: "1 group not acknowledged",
  changed: true,
  rows_before: null,
  rows_after: 3,
  rows_assumed: true,
  changes: [],
  held: [],
  requests: [],
  requests_total: 1,
  assumed_requests: 0,
  reads_sent: 0,
};

Deno.test("rowsText() calls rows new where there were none, and not where nobody has counted them", () => {
  assert.equal(rowsText(TRACKED), "3 rows (assumed), new");
  assert.equal(rowsText({ ...TRACKED, rows_before_uncounted: true }), "3 rows (assumed)");
});

Deno.test("lastTryText() tells how a change was tried before, and how often", () => {
  const change: PlannedChange = {
    group: "[1]",
    key: { id: 1 },
    action: "create",
    content_hash: "1:0",
    outcome: "accepted",
  };
  const textOf = (last: PlannedChange["last_try"]) =>
    lastTryText({ ...change, ...(last && { last_try: last }) });

  assert.equal(textOf(undefined), "");
  assert.equal(
    textOf({ state: "failed", attempts: 3, error: "POST http://a.example/ answered 422" }),
    "the last try failed (3 attempts): POST http://a.example/ answered 422",
  );
  assert.equal(textOf({ state: "unknown", attempts: 1 }), "the last try had no answer");
});
