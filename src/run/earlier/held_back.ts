/**
 * What a run says at its end of changes that it and its next one leave alone, so that exit code 0 and
 * "nothing to do" are never mistaken for "all is there".
 *
 * @module
 */
// deno-lint-ignore-file camelcase -- an event's fields
import type { Model, ModelName } from "~/model/model.ts";
import type { HeldBack } from "~/run/run_event.ts";
import type { HeldBackChanges } from "~/store/changes/held_back.ts";

/** Adds up what waits for a person; `undefined`: nothing does. */
export function heldBackOf(
  changes: readonly HeldBackChanges[],
  models: ReadonlyMap<ModelName, Model>,
): HeldBack | undefined {
  const held: HeldBack = { parked: 0, rejected: 0, to_settle: 0 };
  for (const { model, state, groups } of changes) {
    const directives = models.get(model)?.directives;
    // What a removed model left behind is told by "spoor state list".
    if (!directives) continue;
    if (state === "failed") held.parked += groups;
    else if (state === "rejected") held.rejected += groups;
    else if (directives.delivery === "at_most_once") {
      held.to_settle += groups;
      if (models.get(model)?.exportsVerify) held.to_verify = (held.to_verify ?? 0) + groups;
    }
  }
  return held.parked + held.rejected + held.to_settle > 0 ? held : undefined;
}
