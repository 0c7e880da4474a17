import assert from "node:assert/strict";
import { UserError } from "~/base/user_error.ts";
import type { PlanDocument } from "~/plan/plan_document.ts";
import { planOf } from "~/plan/plan_fixture.ts";
import { refuseInPractice, refuseMoved, type ToApply } from "./refuse_moved.ts";

const AS_IT_IS: ToApply = { namedProject: undefined, appliedIn: undefined };

/** A plan of no models. */
function plan(lastRun: number | null, own: Partial<PlanDocument> = {}): PlanDocument {
  return planOf([], { based_on: { last_run: lastRun, data_versions: {} }, ...own });
}

Deno.test("a plan is not applied to a state that is older than the one it was made on", () => {
  const refuse = (was: number | null, is: number | null) =>
    refuseMoved(plan(was), plan(is), AS_IT_IS);
  for (const [was, is] of [[null, null], [null, 4], [4, 4], [4, 5]] as const) refuse(was, is);
  assert.throws(() => refuse(4, 3), {
    name: UserError.name,
    message: "Cannot apply the plan: it was made on the state that run 4 has left, " +
      "and the state here knows no run after run 3",
  });
  assert.throws(() => refuse(4, null), { message: /and there is no state here now$/ });
});

Deno.test("a plan of another project is refused as that, whatever else is so", () => {
  assert.throws(() => refuseMoved(plan(4), plan(3, { project_id: "p-2" }), AS_IT_IS), {
    name: UserError.name,
    message: /it is of another project, or of another state of it$/,
  });
});

Deno.test("a plan that sends is refused where every run is practice, and no other", () => {
  const practice = plan(null, { practice: true });
  assert.throws(() => refuseInPractice(plan(null), true, undefined), { name: UserError.name });
  refuseInPractice(plan(null), false, undefined);
  refuseInPractice(practice, true, undefined);
  refuseInPractice(practice, false, undefined);
});
