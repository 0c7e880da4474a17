// deno-lint-ignore-file camelcase -- a plan as programs read it.
import assert from "node:assert/strict";
import type { PlannedModel } from "~/plan/plan_document.ts";
import { plannedModel, planOf } from "~/plan/plan_fixture.ts";
import { renderPlanMarkdown } from "./plan_markdown.ts";

/** The lines of a plan of one model. */
function markdownOf(model: Partial<PlannedModel>): string[] {
  return renderPlanMarkdown(planOf([plannedModel(model)]), false);
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
