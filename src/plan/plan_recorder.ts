/**
 * Gathers a plan while a run goes on that sends nothing: one {@linkcode ModelPlan} a model, and what became
 * of each.
 *
 * @module
 */
// deno-lint-ignore-file camelcase
import type { ErrorReport, UserError } from "~/base/user_error.ts";
import type { Model, ModelName } from "~/model/model.ts";
import { warnSendsEverything } from "~/model/sends_everything.ts";
import { warnUnaskedVerify } from "~/model/unasked_verify.ts";
import type { ModelState } from "~/store/model_states.ts";
import { forecastSending, type SendingFacts } from "./forecast.ts";
import { ModelPlan } from "./model_plan.ts";
import {
  hasUnknown,
  type PlannedModel,
  type PlannedStatus,
  type PlanSummary,
} from "./plan_document.ts";

/** How a model ended in the run that a plan makes. */
export interface ModelEnd {
  model: ModelName;
  status: "ok" | "skipped" | "failed" | "blocked" | "cancelled";
  reason: string;
  changed: boolean;
  rows?: number | undefined;
  column_changes?: readonly string[] | undefined;
  error?: ErrorReport | undefined;
}

/** What a plan needs of its project. */
export interface PlanRecorderFacts {
  models: ReadonlyMap<ModelName, Model>;
  /** Those that are run, each after all that it reads; models side by side end as it happens. */
  order: readonly ModelName[];
  /** What each model reads. */
  above: (model: ModelName) => readonly ModelName[];
  /** Of how a model is run at all, whether it runs now or not. */
  warning: (model: Model) => UserError | undefined;
  /** As they were before. */
  states: ReadonlyMap<ModelName, ModelState>;
  /** How a model sends. */
  sending: (model: Model) => Omit<SendingFacts, "requests">;
  /** Changes and requests of each model that are kept; `Infinity`: all. */
  listed: number;
}

/** See the module's comment. */
export class PlanRecorder {
  readonly #plans = new Map<ModelName, ModelPlan>();
  readonly #ends = new Map<ModelName, ModelEnd>();

  constructor(private readonly facts: PlanRecorderFacts) {}

  /** Where a model's run is noted. */
  of(model: ModelName): ModelPlan {
    const known = this.#plans.get(model);
    if (known) return known;
    const uniqueKey = this.facts.models.get(model)?.directives.uniqueKey ?? [];
    const plan = new ModelPlan(uniqueKey, this.facts.listed);
    this.#plans.set(model, plan);
    return plan;
  }

  /** What a run is to select to do of a model what is planned: what is above it has run on the copy only. */
  selectorOf(model: ModelName): string {
    const ends = this.facts.above(model).flatMap((name) => this.#ends.get(name) ?? []);
    return ends.some(({ status }) => status !== "skipped") ? `+${model}` : model;
  }

  ended(end: ModelEnd): void {
    this.#ends.set(end.model, end);
    this.#plans.get(end.model)?.finished(end.error);
  }

  /** All models in order, once the run is over. */
  models(): PlannedModel[] {
    const done = new Map<ModelName, PlannedModel>();
    for (const name of this.facts.order) {
      const model = this.facts.models.get(name);
      const end = this.#ends.get(name);
      if (model && end) done.set(name, this.#describe(model, end, done));
    }
    return [...done.values()];
  }

  #describe(
    model: Model,
    end: ModelEnd,
    done: ReadonlyMap<ModelName, PlannedModel>,
  ): PlannedModel {
    const plan = this.of(model.name);
    const above = this.facts.above(model.name).flatMap((name) => done.get(name) ?? []);
    const unknownAbove = above.find(({ status }) => status === "unknown");
    const assumes = above.filter(isUncertain).map((one) => one.model);
    const { status, unknown } = judge(end, plan, unknownAbove);
    const before = this.facts.states.get(model.name);
    const sending = plan.requestsTotal > 0
      ? forecastSending({ ...this.facts.sending(model), requests: plan.requestsTotal })
      : undefined;
    const warnings = this.#warningsOf(model, end);
    return {
      model: model.name,
      kind: model.kind,
      fingerprint: model.fingerprint,
      status,
      reason: reasonOf(end, above),
      ...(unknown !== undefined && { unknown }),
      ...(assumes.length > 0 && { assumes }),
      changed: end.changed,
      rows_before: before?.rows ?? null,
      ...(before && before.rows === undefined && { rows_before_uncounted: true }),
      rows_after: end.rows ?? (end.status === "skipped" ? before?.rows ?? null : null),
      rows_assumed: plan.isAssumed,
      ...(end.column_changes && { column_changes: end.column_changes }),
      ...(warnings.length > 0 && { warnings }),
      ...(end.error && { error: withoutStack(end.error) }),
      ...(plan.groups && { groups: plan.groups }),
      ...(plan.budgets && { budgets: plan.budgets }),
      ...(plan.unverified > 0 && { unverified: plan.unverified }),
      ...(plan.reasons.length > 0 && { reasons: plan.reasons }),
      changes: [...plan.changes, ...plan.gone],
      held: plan.held,
      requests: plan.requests,
      requests_total: plan.requestsTotal,
      assumed_requests: plan.assumedRequests,
      reads_sent: plan.readsSent,
      ...(sending && { forecast: sending }),
    };
  }

  #warningsOf(model: Model, { status }: ModelEnd): string[] {
    const sends = status === "skipped" ? undefined : warnSendsEverything(model);
    const unasked = warnUnaskedVerify(model);
    const standsStill = this.facts.warning(model);
    return [
      ...sends ? [sends.message] : [],
      ...unasked ? [unasked.message] : [],
      ...standsStill ? [withPlace(standsStill)] : [],
    ];
  }
}

function withPlace({ message, at, hint }: UserError): string {
  return `${message} (${at?.path}:${at?.line}). ${hint}`;
}

/** What a plan says of a model, and why it cannot say more. */
function judge(
  end: ModelEnd,
  plan: ModelPlan,
  unknownAbove: PlannedModel | undefined,
): { status: PlannedStatus; unknown?: string } {
  if (unknownAbove) {
    return {
      status: "unknown",
      unknown: `${unknownAbove.model} above it cannot be known without sending`,
    };
  }
  if (plan.budgets?.breach) return { status: "budget" };
  if (plan.hasQuestions && plan.mayFailByAssumption) {
    return { status: "unknown", unknown: questionOf(plan) };
  }
  if (end.status === "ok") return { status: "runs" };
  if (end.status === "skipped") return { status: "up_to_date" };
  if (end.status === "blocked") return { status: "blocked" };
  if (!plan.mayFailByAssumption) return { status: "fails" };
  const message = end.error?.message ?? "it ended early";
  return { status: "unknown", unknown: `after an assumed answer: ${message}` };
}

/** What a model waits for in vain while a plan is made may end well in a run. */
function reasonOf({ status, reason }: ModelEnd, above: readonly PlannedModel[]): string {
  if (status !== "blocked") return reason;
  const blocker = above.find(({ model }) => reason.startsWith(`${model} `));
  return blocker?.status === "unknown" ? `${blocker.model} is unknown` : reason;
}

function questionOf(plan: ModelPlan): string {
  const own = plan.question ?? plan.changes.find(({ outcome }) => outcome === "unknown")?.why;
  return own ?? "it asks the far side";
}

function isUncertain({ status, rows_assumed, assumes }: PlannedModel): boolean {
  return status === "unknown" || rows_assumed || (assumes?.length ?? 0) > 0;
}

function withoutStack({ stack: _, ...report }: ErrorReport): ErrorReport {
  return report;
}

/** The sums of a plan. */
export function summarize(models: readonly PlannedModel[]): PlanSummary {
  const count = (...statuses: PlannedStatus[]) =>
    models.filter(({ status }) => statuses.includes(status)).length;
  const sum = (of: (model: PlannedModel) => number) =>
    models.reduce((total, model) => total + of(model), 0);
  const sends = ({ groups, status }: PlannedModel) =>
    groups && !groups.adopt && status !== "budget" ? groups : undefined;
  return {
    has_changes: models.some(hasChanges),
    run: count("runs", "budget", "fails"),
    up_to_date: count("up_to_date"),
    failed: count("fails", "budget", "blocked"),
    unknown: models.filter(hasUnknown).length,
    create: sum((model) => sends(model)?.create ?? 0),
    update: sum((model) => sends(model)?.update ?? 0),
    remove: sum((model) => {
      const groups = sends(model);
      return groups?.on_removed === "deliver" ? groups.removed : 0;
    }),
    requests: sum(({ requests_total }) => requests_total),
    assumed_requests: sum(({ assumed_requests }) => assumed_requests),
  };
}

function hasChanges(
  { status, changed, groups, requests_total, column_changes, unverified }: PlannedModel,
): boolean {
  if (status === "unknown" || changed || requests_total > 0 || column_changes) return true;
  if (unverified) return true;
  if (!groups) return false;
  const { create, update, removed, on_removed } = groups;
  return create + update + (on_removed === "keep" ? 0 : removed) > 0;
}
