/**
 * Runs models in dependency order, independent ones side by side.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import { UserError } from "~/base/user_error.ts";
import type { Graph } from "~/dag/graph.ts";
import type { Model, ModelName } from "~/model/model.ts";
import type { HeldAdopter } from "~/run/adopt/adopt_held.ts";
import type { RunContext } from "~/run/run_context.ts";
import type { RunEvent, StepStatus } from "~/run/run_event.ts";
import type { GuestLink } from "~/sandbox/guest_link.ts";
import { countWaitingChanges } from "~/store/changes/waiting_changes.ts";
import { JointTransaction } from "~/store/commits/joint_transaction.ts";
import { explainStateError } from "~/store/file/open_state.ts";
import type { ModelState } from "~/store/model_states.ts";
import { decideStep, type StepDecision } from "./decide_step.ts";
import type { ModelWishes } from "./model_wishes.ts";
import {
  closeStep,
  failedOutcome,
  type FinalOutcome,
  finishedEvent,
  recordOutcome,
  saveStep,
  startedEvent,
  type Step,
  type StepOutcome,
  writeStep,
} from "./step.ts";
import { gatherFacts, knownInputs } from "./step_facts.ts";

type RunSqlModel = typeof import("./run_sql_model.ts").runSqlModel;

/** What is to run. */
export interface ModelRun {
  graph: Graph;
  /** Models to run, in dependency order. */
  selected: readonly ModelName[];
  /** From earlier runs; kept up to date as models succeed. */
  states: Map<ModelName, ModelState>;
  full: boolean;
  resend: ReadonlySet<ModelName>;
  adopt: ReadonlySet<ModelName>;
  /** What the far side holds of the one model that is adopted. */
  held?: HeldAdopter | undefined;
  allowRemoved: boolean;
  allowChanges: boolean;
  /** Models side by side, at most. */
  jobs: number;
}

/** How many models ended how. */
export type StepCounts = Record<StepStatus, number>;

/** Runs all that is selected; models that fail block those below them and nothing else. */
export async function runModels(context: RunContext, run: ModelRun): Promise<StepCounts> {
  return await new ModelScheduler(context, run).run();
}

/** So often the event loop gets a turn between SQL models. */
const LISTEN_EVERY_MS = 50;

/**
 * SQL models run without a turn of the event loop between them and commit together: there may be
 * thousands. While a TypeScript model runs beside, each commits on its own, and messages and Ctrl-C get
 * their turn before the next.
 */
class ModelScheduler {
  readonly #statuses = new Map<ModelName, StepStatus>();
  readonly #waitingFor = new Map<ModelName, number>();
  readonly #ready: ModelName[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #joint: JointTransaction;
  #listenedAt = performance.now();
  readonly #selected: ReadonlySet<ModelName>;
  #runSqlModel: RunSqlModel | undefined;

  constructor(private readonly context: RunContext, private readonly input: ModelRun) {
    this.#joint = new JointTransaction(context.db);
    this.#selected = new Set(input.selected);
    for (const name of input.selected) {
      const above = this.#above(name).length;
      this.#waitingFor.set(name, above);
      if (above === 0) this.#ready.push(name);
    }
  }

  async run(): Promise<StepCounts> {
    // A queue read by position: shifting an array of thousands would be quadratic.
    let next = 0;
    while (next < this.#ready.length || this.#running.size > 0) {
      const name = this.#ready[next];
      if (name === undefined || this.#running.size >= this.input.jobs) {
        await Promise.race(this.#running);
        continue;
      }
      next += 1;
      const model = this.#modelOf(name);
      const reason = this.#reasonToRun(model);
      if (reason !== undefined) await this.#begin(model, reason);
      if (this.#running.size > 0 || this.#joint.isDue) this.#settle();
    }
    this.#settle();
    const counts: StepCounts = { ok: 0, skipped: 0, failed: 0, blocked: 0, cancelled: 0 };
    for (const status of this.#statuses.values()) counts[status] += 1;
    return counts;
  }

  #modelOf(name: ModelName): Model {
    const model = this.input.graph.models.get(name);
    if (!model) throw new Error(`${name} is selected and not in the graph`);
    return model;
  }

  /** Why a model runs; one that does not has then ended. */
  #reasonToRun(model: Model): string | undefined {
    const idle = this.#obstacle(model);
    const decision = idle ? undefined : this.#decide(model);
    if (decision?.run) return decision.reason;
    this.#end(model.name, idle ?? this.#skip(model, decision?.reason ?? ""));
    return undefined;
  }

  async #begin(model: Model, reason: string): Promise<void> {
    if (this.#running.size > 0 || performance.now() - this.#listenedAt > LISTEN_EVERY_MS) {
      await this.#listen();
      const news = this.#obstacle(model);
      if (news) return this.#end(model.name, news);
    }
    if (model.language === "ts") return this.#beginBeside(model, reason);
    // What runs models is loaded when the first one runs: mostly none does.
    this.#runSqlModel ??= (await import("./run_sql_model.ts")).runSqlModel;
    this.#end(model.name, this.#executeSql(model, reason, this.#runSqlModel));
  }

  #beginBeside(model: Model, reason: string): void {
    this.#settle();
    const running: Promise<void> = this.#executeTs(model, reason)
      .then((status) => this.#end(model.name, status))
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Messages of models that run beside get their turn between models that hold the thread. */
  async #listen(): Promise<void> {
    this.#settle();
    await setImmediate();
    this.#listenedAt = performance.now();
  }

  /** Why a model cannot run now: something above it failed, or the run was stopped. */
  #obstacle(model: Model): StepStatus | undefined {
    const blocker = this.#above(model.name).find((above) =>
      !["ok", "skipped"].includes(this.#statuses.get(above) ?? "ok")
    );
    if (blocker !== undefined) {
      const why = this.#statuses.get(blocker);
      // What was not reached has not failed: a run that was stopped is no failed one.
      const status = why === "cancelled" ? "cancelled" : "blocked";
      return this.#tell(model, status, `${blocker} ${wordFor(why)}`);
    }
    this.context.hearStop();
    if (this.context.stop.aborted) {
      return this.#tell(model, "cancelled", this.context.stopReason());
    }
    return undefined;
  }

  /** Not recorded: a run of thousands of models in which nothing changed writes one row. */
  #skip(model: Model, reason: string): StepStatus {
    this.#emit({
      type: "model_finished",
      model: model.name,
      kind: model.kind,
      status: "skipped",
      reason,
      changed: false,
      elapsed_ms: 0,
      ...rowsOf(this.input.states.get(model.name)),
    });
    return "skipped";
  }

  #tell(model: Model, status: "blocked" | "cancelled", reason: string): StepStatus {
    const outcome = { status, changed: false };
    this.#joint.record(() => recordOutcome(this.context, model, outcome, reason, 0));
    this.#emit(finishedEvent(model, this.#withWaiting(model, outcome), reason, 0));
    return status;
  }

  #executeSql(model: Model, reason: string, runSqlModel: RunSqlModel): StepStatus {
    const step = this.#start(model, reason);
    this.context.current.show(startedEvent(step));
    const outcome = this.#tryRun(step, runSqlModel);
    this.context.current.clear();
    closeStep(step, outcome);
    this.#joint.record(() => writeStep(this.context, step, outcome));
    return this.#finish(step, outcome);
  }

  #tryRun(step: Step, runSqlModel: RunSqlModel): StepOutcome {
    try {
      return runSqlModel(this.context, step, this.#joint);
    } catch (error) {
      return failedOutcome(this.#explained(error));
    }
  }

  async #executeTs(model: Model, reason: string): Promise<StepStatus> {
    const step = this.#start(model, reason);
    try {
      using guest = await startGuest(this.context, model);
      const { runTsModel } = await import("./run_ts_model.ts");
      return this.#finish(step, await runTsModel(this.context, step, guest));
    } catch (error) {
      const outcome = failedOutcome(this.#explained(error));
      saveStep(this.context, step, outcome);
      return this.#finish(step, outcome);
    }
  }

  #wishesFor(model: ModelName): ModelWishes {
    const { resend, adopt, held, allowRemoved, allowChanges } = this.input;
    return {
      resend: resend.has(model),
      adopt: adopt.has(model),
      allowRemoved,
      allowChanges,
      ...(adopt.has(model) && { held }),
    };
  }

  #start(model: Model, reason: string): Step {
    const step = {
      model,
      reason,
      state: this.input.states.get(model.name),
      inputs: knownInputs(this.input, model),
      tracked: this.#trackedAbove(model),
      wishes: this.#wishesFor(model.name),
      startedAt: performance.now(),
    };
    this.#emit(startedEvent(step));
    return step;
  }

  #finish({ model, reason, nextState, elapsedMs = 0 }: Step, outcome: StepOutcome): StepStatus {
    if (nextState) this.input.states.set(model.name, nextState);
    this.#emit(finishedEvent(model, this.#withWaiting(model, outcome), reason, elapsedMs));
    return outcome.status;
  }

  /** A model that was stopped before it compared anything has what earlier runs have left of it. */
  #withWaiting({ name, directives }: Model, outcome: FinalOutcome): FinalOutcome {
    if (outcome.status !== "cancelled" || outcome.delivery) return outcome;
    if (!this.input.states.get(name)?.waiting) return outcome;
    return { ...outcome, waiting: countWaitingChanges(this.context.db, name, directives) };
  }

  /** What a full disk makes SQLite say, in words. */
  #explained(error: unknown): unknown {
    if (error instanceof UserError) return error;
    return explainStateError(this.context.statePath, error) ?? error;
  }

  /** What has ended is committed, and main knows it, whatever long SQL comes next. */
  #settle(): void {
    if (this.#joint.isEmpty) return;
    this.#joint.settle();
    this.context.flush();
  }

  /** In their order, and not before what they tell of is committed. */
  #emit(event: RunEvent): void {
    this.#joint.tell(() => this.context.emit(event));
  }

  #end(name: ModelName, status: StepStatus): void {
    this.#statuses.set(name, status);
    for (const edge of this.input.graph.below.get(name) ?? []) {
      const waiting = this.#waitingFor.get(edge.to);
      if (waiting === undefined) continue;
      this.#waitingFor.set(edge.to, waiting - 1);
      if (waiting === 1) this.#ready.push(edge.to);
    }
  }

  #decide(model: Model): StepDecision {
    const forcedBy = optionFor(this.#wishesFor(model.name), this.input.full);
    const record = (write: () => void) => this.#joint.record(write);
    return decideStep(gatherFacts(this.context, this.input, model, forcedBy, record));
  }

  #trackedAbove({ name }: Model): ModelName[] {
    const { above, models } = this.input.graph;
    return (above.get(name) ?? []).map((edge) => edge.from)
      .filter((from) => models.get(from)?.kind === "tracked");
  }

  /** Selected models that this one reads. */
  #above(name: ModelName): ModelName[] {
    return (this.input.graph.above.get(name) ?? []).map((edge) => edge.from)
      .filter((above) => this.#selected.has(above));
  }
}

/** First of all that a model needs: its process starts while the rest is loaded and made ready. */
async function startGuest(
  { memoryMb }: RunContext,
  { directives: { modelTimeoutMs } }: Model,
): Promise<GuestLink> {
  const { GuestLink } = await import("~/sandbox/guest_link.ts");
  return new GuestLink({
    memoryMb,
    ...(modelTimeoutMs !== undefined && { lifetimeMs: modelTimeoutMs }),
  });
}

/** The option that makes a model run, whatever is up to date. */
function optionFor({ resend, adopt }: ModelWishes, full: boolean): string | undefined {
  if (adopt) return "--adopt";
  if (resend) return "--resend";
  return full ? "--full" : undefined;
}

function wordFor(status: StepStatus | undefined): string {
  return status === "failed" ? "failed" : status === "blocked" ? "is blocked" : "was stopped";
}

function rowsOf(state: ModelState | undefined): { rows?: number } {
  return state?.rows === undefined ? {} : { rows: state.rows };
}
