/**
 * Plans for unit tests.
 *
 * @module
 */
import type { PlanDocument, PlannedModel } from "./plan_document.ts";
import { summarize } from "./plan_recorder.ts";

/** A model that would run and sends nothing, but for what is given. */
export function plannedModel(own: Partial<PlannedModel> = {}): PlannedModel {
  return {
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
    ...own,
  };
}

/** A plan of these models, made where nothing had run. */
export function planOf(
  models: readonly PlannedModel[],
  own: Partial<PlanDocument> = {},
): PlanDocument {
  return {
    schema_version: 1,
    type: "plan",
    spoor_version: "0.1.0",
    project_id: "p-1",
    practice: false,
    made_at: "2026-01-31T14:05:09Z",
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
    summary: summarize(models),
    models,
    digest: "",
    ...own,
  };
}
