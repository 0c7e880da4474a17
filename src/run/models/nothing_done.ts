/**
 * Tells of a model that sends, ended well, and has done nothing with what there was to send: mostly an `await` is
 * missing, and the model ends before its own code does. Such a run is green. It is told until the same code has had
 * groups accepted: what passes over them then does so by a condition of its own.
 *
 * @module
 */
import { countOf } from "~/base/text/counts.ts";
import type { SourceLocation } from "~/base/user_error.ts";
import type { Model } from "~/model/model.ts";
import type { GuestOutcome } from "~/run/guest/guest_session.ts";
import type { RunContext } from "~/run/run_context.ts";
import { isKnownToWork } from "~/store/working_definitions.ts";
import type { Step, StepOutcome } from "./step.ts";

/**
 * Warns in the model's log. A plan, a run that was stopped and one that only adopts have no need to send; and code
 * that has sent before, as it is, has its reasons: not at this hour, say.
 */
export function tellOfNothingDone(
  { db, plan, stop, emit }: RunContext,
  { model, wishes }: Step,
  ended: GuestOutcome,
  outcome: StepOutcome,
): void {
  if (plan || stop.aborted || wishes.adopt || outcome.status !== "ok") return;
  const message = ended.delivery ? nothingDone(ended.delivery, outcome) : nothingRead(model, ended);
  if (message === undefined || isKnownToWork(db, model)) return;
  emit({ type: "log", model: model.name, level: "warn", message });
}

/** It asked for no groups; one that saves rows of its own keeps them. */
function nothingRead(model: Model, { saved }: GuestOutcome): string | undefined {
  if (model.kind !== "tracked" || !model.directives.allowNet || saved) return undefined;
  const at = findTrackedQuery(model);
  if (!at) return undefined;
  return `It ended before it read its query (${at.path}:${at.line}): nothing was compared, and nothing sent. ` +
    `Is "await" missing before the call of what reads it? A function that is only exported is not called`;
}

/** The first query whose rows it sends, as far as its text tells. */
function findTrackedQuery({ queries, readsRowsAt }: Model): SourceLocation | undefined {
  return queries?.find(({ isTracked }) => isTracked)?.at ?? readsRowsAt;
}

function nothingDone(
  { requests }: NonNullable<GuestOutcome["delivery"]>,
  { delivery }: StepOutcome,
): string | undefined {
  if (!delivery || delivery.left === 0 || requests.haveEnded) return undefined;
  const { saved, rejected, failed, unknown, left } = delivery;
  if (saved + rejected + failed + unknown > 0) return undefined;
  return `It ended and has done nothing with the ${
    countOf(left, "group")
  } that its query has for it. ` +
    `Is "await" missing before what sends them? What is not to be sent yet is best left out by its query`;
}
