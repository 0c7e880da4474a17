// deno-lint-ignore-file camelcase -- a plan as programs read it.
import assert from "node:assert/strict";
import type { PlannedModel } from "~/plan/plan_document.ts";
import { rowsText } from "./plan_words.ts";

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
