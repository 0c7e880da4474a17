// deno-lint-ignore-file camelcase -- a plan as programs read it.
import assert from "node:assert/strict";
import type { PlanDocument, PlannedModel } from "~/plan/plan_document.ts";
import { renderPlanMarkdown } from "./plan_markdown.ts";

const MODEL: PlannedModel = {
  model: "mart.people",
  kind: "table",
  fingerprint: "f",
  status: "runs",
  reason: "its definition changed",
  changed: true,
  rows_before: 2,
  rows_after: 2,
  rows_assumed: false,
  changes: [],
  held: [],
  requests: [],
  requests_total: 0,
  assumed_requests: 0,
  reads_sent: 0,
};

/** The lines of a plan of one model. */
function markdownOf(model: Partial<PlannedModel>): string[] {
  const summary = {
    has_changes: true,
    run: 1,
    up_to_date: 0,
    failed: 0,
    unknown: 0,
    create: 0,
    update: 0,
    remove: 0,
    requests: 0,
    assumed_requests: 0,
  };
  const plan: PlanDocument = {
    schema_version: 1,
    type: "plan",
    spoor_version: "0",
    project_id: "p",
    practice: false,
    made_at: "2026-10-01T08:30:00Z",
    options: {
      selectors: [],
      full: false,
      resend: [],
      adopt: [],
      allow_removed: false,
      allow_changes: false,
    },
    based_on: { last_run: null, data_versions: {} },
    complete: true,
    summary,
    models: [{ ...MODEL, ...model }],
    digest: "d",
  };
  return renderPlanMarkdown(plan, false);
}

Deno.test("renderPlanMarkdown() tells of columns that a table gets and loses", () => {
  const lines = markdownOf({ column_changes: ["+ tier", "- plan_name"] });

  assert.ok(lines.includes("Columns: + tier, - plan\\_name"), lines.join("\n"));
});

Deno.test("renderPlanMarkdown() tells by what a model was compared with the far side, and what is worth a look", () => {
  const adopted = {
    source: "contacts.csv",
    groups_there: 3,
    same: 2,
    differ: 1,
    differ_in: { plan: 1 },
    not_there: 0,
    only_there: 0,
    to_remove: 0,
    compared: ["plan"],
    assumed: ["name"],
    ignored: [],
    notes: ["1 group of one row has more than one there: id = 7"],
  };
  const lines = markdownOf({
    kind: "tracked",
    groups: {
      create: 0,
      update: 1,
      unchanged: 2,
      removed: 0,
      held: 0,
      on_removed: "forget",
      adopt: true,
      adopted,
      unknown: 0,
      fail: 0,
      reject: 0,
    },
  });

  for (
    const line of [
      "Compared: plan; taken to be the same, for it is not there: name",
      "Differ: plan in 1 group",
      "Note: 1 group of one row has more than one there: id = 7",
    ]
  ) assert.ok(lines.includes(line), lines.join("\n"));
});
