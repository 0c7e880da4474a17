/**
 * What came of a TypeScript model that has ended: what it acknowledged, or what it saved.
 *
 * @module
 */
import { renderCount } from "~/base/text/counts.ts";
import { type ErrorReport, placing } from "~/base/user_error.ts";
import { termsOf } from "~/delivery/delivery_terms.ts";
import { KINDS } from "~/kinds/registry.ts";
import type { Model } from "~/model/model.ts";
import { type BudgetAhead, budgetAhead } from "~/run/deliver/budget_ahead.ts";
import type { Delivery } from "~/run/deliver/delivery.ts";
import type { GuestOutcome } from "~/run/guest/guest_session.ts";
import type { RunContext } from "~/run/run_context.ts";
import type { DeliveryCounts } from "~/run/run_event.ts";
import type { EgressError } from "~/sandbox/protocol.ts";
import { countRows, emptyTable, findTableType } from "~/warehouse/tables.ts";
import type { Step, StepOutcome } from "./step.ts";
import { stoppedEarly } from "./stopped_early.ts";

/**
 * Brings it about. Call inside the transaction that records it.
 *
 * @param down Why a host that it sends to was given up.
 */
export function outcomeOf(
  context: RunContext,
  step: Step,
  ended: GuestOutcome,
  down: EgressError | undefined,
): StepOutcome {
  const { delivery, error } = ended;
  return delivery
    ? deliveryOutcome(context, step, delivery, error, down)
    : savedOutcome(context, step, ended);
}

/** A model that reads changes by `query`: what it acknowledged is kept, whatever came after. */
function deliveryOutcome(
  context: RunContext,
  { model, wishes, state }: Step,
  delivery: Delivery,
  ownError: ErrorReport | undefined,
  down: EgressError | undefined,
): StepOutcome {
  const { db, stop, plan } = context;
  const counts = delivery.finish(down ?? ownError);
  const failed = counts.failed + counts.unknown;
  const isOver = plan || failed + counts.left === 0;
  const ahead = isOver ? undefined : budgetAhead(context, model, wishes, delivery.adoption?.told);
  const error = down ? stoppedEarly(down, counts, ahead) : ownError;
  const status = stop.aborted && counts.left > 0 && failed === 0
    ? "cancelled"
    : error || failed > 0
    ? "failed"
    : "ok";
  const hadTarget = hasTable(context, model);
  if (status === "ok") delivery.completeTarget();
  // To count the rows of what did not move would take as long as a part of the comparison.
  const isAsBefore = hadTarget && !delivery.hasWritten && state?.kind === model.kind;
  return {
    status,
    changed: delivery.hasWritten,
    columnChanges: delivery.columnChanges,
    delivery: counts,
    ...(counts.removed > 0 && { onRemoved: termsOf(model.directives).onRemoved }),
    failures: delivery.failures,
    ...(delivery.adoption?.told && { adopted: delivery.adoption.told }),
    ...(delivery.adoption?.recorded && { recorded: delivery.adoption.recorded }),
    ...(ahead && { nextBlocked: ahead }),
    ...(hasTable(context, model) &&
      { rows: (isAsBefore ? state.rows : undefined) ?? countRows(db, model.name) }),
    ...(status === "failed" && {
      error: error ?? {
        message: notAccepted(model.name, counts),
        hint: hintOf(model, counts, context.stateOption, ahead),
      },
    }),
  };
}

function hasTable({ db }: RunContext, { name }: Model): boolean {
  return findTableType(db, name) !== undefined;
}

function notAccepted(
  model: string,
  { failed, unknown, saved, rejected, left }: DeliveryCounts,
): string {
  const open = failed + unknown;
  const all = renderCount(open + saved + rejected + left);
  const text = `${renderCount(open)} of ${all} groups of ${model} ${
    open === 1 ? "was" : "were"
  } not accepted`;
  return rejected > 0
    ? `${text}, beside ${renderCount(rejected)} that ${
      rejected === 1 ? "was" : "were"
    } rejected for good`
    : text;
}

/** What becomes of those that were not accepted. */
function hintOf(
  { name, directives }: Model,
  { failed, unknown, kept_back: kept = 0 }: DeliveryCounts,
  option: string,
  ahead: BudgetAhead | undefined,
) {
  const comeAgain = ahead
    ? `come again when the budget is let through once more: ${ahead.command}`
    : "come again with the next run; what was accepted is not sent again";
  if (kept === 0) return `They ${comeAgain}`;
  const toSettle = directives.delivery === "at_most_once" ? unknown : 0;
  const parked = kept - toSettle;
  return [
    ...toSettle > 0
      ? [
        `${renderCount(toSettle)} may have arrived, and ${
          toSettle === 1 ? "waits" : "wait"
        } until you have looked: spoor unknown ${name}${option}`,
      ]
      : [],
    ...parked > 0
      ? [
        `${renderCount(parked)} failed in @max_attempts runs, or ${
          parked === 1 ? "was" : "were"
        } taken and could not be kept, and ${
          parked === 1 ? "is" : "are"
        } parked: spoor failures ${name}${option}`,
      ]
      : [],
    ...failed + unknown > kept ? [`the others ${comeAgain}`] : [],
  ].join("; ");
}

/** A model that keeps what it saves: all of it, or nothing where it failed. */
function savedOutcome({ db, stop }: RunContext, step: Step, ended: GuestOutcome): StepOutcome {
  const { model, wishes } = step;
  const { saved } = ended;
  const error = ended.error ?? (wishes.held && nothingCompared(model));
  if (error) {
    saved?.drop();
    return { status: stop.aborted ? "cancelled" : "failed", changed: false, error };
  }
  const uniqueKey = model.directives.uniqueKey ?? [];
  if (saved) {
    const target = { db, model: model.name, uniqueKey };
    const result = placing(
      { path: model.path },
      () => KINDS[model.kind].writeSaved(target, saved.stage),
    );
    return { status: "ok", ...result };
  }
  return emptyOutcome(db, model);
}

function nothingCompared({ name }: Model): ErrorReport {
  return {
    message: `Cannot adopt ${name}: it ended and did not ask for its changes`,
    hint: "Nothing was recorded. --held compares what the model reads by query() or changes()",
  };
}

/** It saved nothing: a table becomes empty; in a tracked model groups that were not seen stay. */
function emptyOutcome(db: RunContext["db"], model: Model): StepOutcome {
  const isTracked = model.kind === "tracked";
  const rows = findTableType(db, model.name) ? countRows(db, model.name) : 0;
  if (isTracked || rows === 0) {
    const unread = isTracked && model.references.length > 0;
    return { status: "ok", changed: false, rows, ...(unread && { unread }) };
  }
  emptyTable(db, model.name);
  return { status: "ok", changed: true, rows: 0 };
}
