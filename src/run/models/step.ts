/**
 * One model's turn in a run: what is decided about it, what came of it, and the record of both.
 *
 * @module
 */
import { type ErrorReport, toErrorReport } from "~/base/user_error.ts";
import type { Model } from "~/model/model.ts";
import type { RunContext } from "~/run/run_context.ts";
import type { ModelFinished, ModelStarted, StepStatus } from "~/run/run_event.ts";
import { type ModelState, saveModelState } from "~/store/model_states.ts";
import { recordStep } from "~/store/runs.ts";
import type { ModelWishes } from "./model_wishes.ts";

/** What came of a model. */
export interface StepOutcome {
  status: Exclude<StepStatus, "blocked">;
  /** Whether the target's content moved. */
  changed: boolean;
  rows?: number;
  columnChanges?: readonly string[];
  delivery?: ModelFinished["delivery"];
  /** The next run goes on with them. */
  verified?: ModelFinished["verified"];
  /** A tracked model ended well and did not ask for its changes: they are still to come. */
  unread?: boolean;
  adopted?: ModelFinished["adopted"];
  recorded?: ModelFinished["recorded"];
  waiting?: ModelFinished["waiting"];
  nextBlocked?: ModelFinished["next_blocked"];
  onRemoved?: ModelFinished["on_removed"];
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
  /** Those of them that are targets of tracked models. */
  tracked: readonly string[];
  wishes: ModelWishes;
  /** Of `performance.now()`. */
  startedAt: number;
  /** Once it has ended. */
  elapsedMs?: number;
  /** What it became. */
  nextState?: ModelState;
}

/** What came of a model, whether it ran or not. */
export type FinalOutcome = Omit<StepOutcome, "status"> & { status: StepStatus };

/** A failure as an outcome: nothing was written. */
export function failedOutcome(error: unknown): StepOutcome {
  return { status: "failed", changed: false, error: toErrorReport(error) };
}

/**
 * What a model became, and how long it took; both are known before they are written.
 *
 * A model that failed after it had acknowledged groups gets a state without definition and inputs,
 * so that it runs again, but its target has moved.
 */
export function closeStep(step: Step, outcome: StepOutcome): void {
  const { model, state, inputs } = step;
  step.elapsedMs = performance.now() - step.startedAt;
  const isOk = outcome.status === "ok";
  if (!isOk && !outcome.changed && !outcome.delivery) return;
  step.nextState = {
    kind: model.kind,
    fingerprint: isOk ? model.fingerprint : "",
    inputs: isOk && !outcome.unread ? inputs : {},
    dataVersion: (state?.dataVersion ?? 0) + (outcome.changed ? 1 : 0),
    rows: outcome.rows ?? state?.rows,
    waiting: (outcome.unread ? state?.waiting ?? 0 : countWaiting(outcome.delivery)) +
      countVerified(outcome.verified),
  };
}

/**
 * Records what came of a model that ran: its state and its part in the run. Call inside the
 * transaction that wrote its rows, so that all of it commits together or not at all.
 */
export function saveStep(context: RunContext, step: Step, outcome: StepOutcome): void {
  closeStep(step, outcome);
  writeStep(context, step, outcome);
}

/** Writes what {@linkcode closeStep} found. */
export function writeStep(context: RunContext, step: Step, outcome: StepOutcome): void {
  const { model, nextState, reason, elapsedMs = 0 } = step;
  if (nextState) saveModelState(context.db, model.name, nextState, context.runId);
  recordOutcome(context, model, outcome, reason, elapsedMs);
}

function countWaiting(delivery: StepOutcome["delivery"]): number {
  return delivery ? delivery.failed + delivery.unknown + delivery.left : 0;
}

function countVerified(verified: StepOutcome["verified"]): number {
  if (!verified) return 0;
  return verified.sent + verified.not_sent + verified.left + (verified.not_asked ?? 0);
}

/** Records a model's part in a run, whether it ran or not. */
export function recordOutcome(
  { db, runId }: RunContext,
  model: Model,
  outcome: FinalOutcome,
  reason: string,
  elapsedMs: number,
): void {
  const { status, rows, delivery, requests, error } = outcome;
  const { name, kind } = model;
  recordStep(db, {
    runId,
    model: name,
    kind,
    status,
    reason,
    rows,
    elapsedMs,
    delivery,
    requests,
    error,
  });
}

/** Tells that a model begins. */
export function startedEvent({ model, reason }: Step): ModelStarted {
  return { type: "model_started", model: model.name, kind: model.kind, reason };
}

/** Tells what came of a model. */
export function finishedEvent(
  model: Model,
  outcome: FinalOutcome,
  reason: string,
  elapsedMs: number,
): ModelFinished {
  const { status, changed, rows, columnChanges, delivery, requests, failures, error } = outcome;
  const { adopted, recorded, waiting, nextBlocked, onRemoved, verified } = outcome;
  return {
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
    ...(verified && countVerified(verified) > 0 && { verified }),
    ...(willAskVerify(model, delivery) && { asks_verify: true }),
    ...(adopted && { adopted }),
    ...(recorded && { recorded }),
    ...(onRemoved && { on_removed: onRemoved }),
    ...(waiting && { waiting }),
    ...(nextBlocked && { next_blocked: nextBlocked }),
    ...(failures?.length && { failures }),
    ...(error && { error }),
  };
}

/** At most once, it is the model that looks where an answer did not come. */
function willAskVerify(
  { exportsVerify, directives }: Model,
  delivery: StepOutcome["delivery"],
): boolean {
  const isAsked = exportsVerify === true && directives.delivery === "at_most_once";
  return isAsked && delivery !== undefined && delivery.unknown > 0;
}
