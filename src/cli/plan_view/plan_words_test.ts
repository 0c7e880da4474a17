import assert from "node:assert/strict";
import { plannedModel } from "~/plan/plan_fixture.ts";
import { rowsText } from "./plan_words.ts";

const TRACKED = plannedModel({
  kind: "tracked",
  rows_before: null,
  rows_after: 3,
  rows_assumed: true,
});

Deno.test("rowsText() calls rows new where there were none, and not where nobody has counted them", () => {
  assert.equal(rowsText(TRACKED), "3 rows (assumed), new");
  assert.equal(rowsText({ ...TRACKED, rows_before_uncounted: true }), "3 rows (assumed)");
});
