/**
 * One model's turn in a run: what is decided about it, what came of it, and the record of both.
 *
 * @module
 */
import { type ErrorReport, toErrorReport } from "~/base/user_error.ts";
import type { Model } from "~/model/model.ts";
import { type ModelState, saveModelState } from "~/store/model_states.ts";
import { recordStep } from "~/store/runs.ts";
import type { RunContext } from "./run_context.ts";
import type { ModelFinished, StepStatus } from "./run_event.ts";

/** What came of a model. */
export interface StepOutcome {
  status: Exclude<StepStatus, "blocked">;
  /** Whether the target's content moved. */
  changed: boolean;
  rows?: number;
  columnChanges?: readonly string[];
  delivery?: ModelFinished["delivery"];
  requests?: ModelFinished["requests"];
  failures?: ModelFinished["failures"];
  error?: ErrorReport;
}

/** A model that is about to run, and what it was before. */
export interface Step {
  model: Model;
  reason: string;
  state: ModelState | undefined;
  /** Table that it reads → data version now. */
  inputs: Readonly<Record<string, number>>;
  resend: boolean;
}

/** A failure as an outcome: nothing was written. */
export function failedOutcome(error: unknown): StepOutcome {
  return { status: "failed", changed: false, error: toErrorReport(error) };
}

/**
 * The model's state after this outcome; call inside the transaction that wrote its rows.
 *
 * A model that failed after it had acknowledged groups keeps its old definition and inputs out of the
 * state, so that it runs again, but its target has moved.
 */
export function saveStepState(
  context: RunContext,
  step: Step,
  outcome: StepOutcome,
): ModelState | undefined {
  const { model, state, inputs } = step;
  const isOk = outcome.status === "ok";
  if (!isOk && !outcome.changed && !outcome.delivery) return state;
  const { delivery } = outcome;
  const next: ModelState = {
    kind: model.kind,
    fingerprint: isOk ? model.fingerprint : "",
    inputs: isOk ? inputs : {},
    dataVersion: (state?.dataVersion ?? 0) + (outcome.changed ? 1 : 0),
    rows: outcome.rows ?? state?.rows,
    waiting: delivery ? delivery.failed + delivery.unknown + delivery.left : 0,
  };
  saveModelState(context.db, model.name, next, context.runId);
  return next;
}

/** Records what came of a model and tells it. */
export function reportStep(
  context: RunContext,
  model: Model,
  outcome: Omit<StepOutcome, "status"> & { status: StepStatus },
  reason: string,
  elapsedMs: number,
): void {
  const { status, changed, rows, columnChanges, delivery, requests, failures, error } = outcome;
  recordStep(context.db, {
    runId: context.runId,
    model: model.name,
    kind: model.kind,
    status,
    reason,
    rows,
    elapsedMs,
    delivery,
    requests,
    error,
  });
  context.emit({
    type: "model_finished",
    model: model.name,
    kind: model.kind,
    status,
    reason,
    changed,
    elapsed_ms: elapsedMs,
    ...(rows !== undefined && { rows }),
    ...(columnChanges?.length && { column_changes: columnChanges }),
    ...(delivery && { delivery }),
    ...(requests && { requests }),
    ...(failures?.length && { failures }),
    ...(error && { error }),
  });
}
