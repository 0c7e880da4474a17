/**
 * Runs models in dependency order, independent ones side by side.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import { UserError } from "~/base/user_error.ts";
import type { Graph } from "~/dag/graph.ts";
import type { Model, ModelName } from "~/model/model.ts";
import { loadFileStates } from "~/store/file_states.ts";
import { explainStateError } from "~/store/open_state.ts";
import type { ModelState } from "~/store/model_states.ts";
import { findTableType } from "~/warehouse/tables.ts";
import { decideStep, isSource, readsOnlyFiles, type StepDecision } from "./decide_step.ts";
import { findMovedFiles, ReadableFiles } from "./readable_files.ts";
import type { RunContext } from "./run_context.ts";
import type { StepStatus } from "./run_event.ts";
import {
  emitOutcome,
  failedOutcome,
  recordOutcome,
  saveStep,
  type Step,
  type StepOutcome,
} from "./step.ts";

/** What is to run. */
export interface ModelRun {
  graph: Graph;
  /** Models to run, in dependency order. */
  selected: readonly ModelName[];
  /** From earlier runs; kept up to date as models succeed. */
  states: Map<ModelName, ModelState>;
  full: boolean;
  resend: ReadonlySet<ModelName>;
  /** Models side by side, at most. */
  jobs: number;
}

/** How many models ended how. */
export type StepCounts = Record<StepStatus, number>;

/** Runs all that is selected; models that fail block those below them and nothing else. */
export async function runModels(context: RunContext, run: ModelRun): Promise<StepCounts> {
  return await new ModelScheduler(context, run).run();
}

/** A stop is heard at the latest so long after it came, or when the SQL of that moment ends. */
const LISTEN_EVERY_MS = 50;

class ModelScheduler {
  readonly #statuses = new Map<ModelName, StepStatus>();
  readonly #waitingFor = new Map<ModelName, number>();
  readonly #ready: ModelName[] = [];
  readonly #running = new Set<Promise<void>>();
  #listenedAt = performance.now();
  readonly #selected: ReadonlySet<ModelName>;

  constructor(private readonly context: RunContext, private readonly input: ModelRun) {
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
      await this.#begin(name);
    }
    const counts: StepCounts = { ok: 0, skipped: 0, failed: 0, blocked: 0, cancelled: 0 };
    for (const status of this.#statuses.values()) counts[status] += 1;
    return counts;
  }

  async #begin(name: ModelName): Promise<void> {
    const model = this.input.graph.models.get(name);
    if (!model) throw new Error(`${name} is selected and not in the graph`);
    const idle = this.#obstacle(model);
    if (idle) return this.#end(name, idle);
    const decision = this.#decide(model);
    if (!decision.run) return this.#end(name, this.#skip(model, decision.reason));
    if (this.#running.size > 0 || performance.now() - this.#listenedAt > LISTEN_EVERY_MS) {
      await this.#listen();
      const news = this.#obstacle(model);
      if (news) return this.#end(name, news);
    }
    const running = this.#execute(model, decision.reason).then((status) => this.#end(name, status));
    if (model.language !== "ts") return await running;
    const tracked: Promise<void> = running.finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }

  /** Messages of models that run beside, and Ctrl-C, get their turn between models that hold the thread. */
  async #listen(): Promise<void> {
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
    if (this.context.stop.aborted) {
      return this.#tell(model, "cancelled", this.context.stopReason());
    }
    return undefined;
  }

  /** Not recorded: a run of thousands of models in which nothing changed writes one row. */
  #skip(model: Model, reason: string): StepStatus {
    this.context.emit({
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
    recordOutcome(this.context, model, outcome, reason, 0);
    emitOutcome(this.context, model, outcome, reason, 0);
    return status;
  }

  async #execute(model: Model, reason: string): Promise<StepStatus> {
    const startedAt = performance.now();
    this.context.emit({ type: "model_started", model: model.name, kind: model.kind, reason });
    const step: Step = {
      model,
      reason,
      state: this.input.states.get(model.name),
      inputs: this.#knownInputs(model),
      resend: this.input.resend.has(model.name),
      startedAt,
    };
    const outcome = await this.#runStep(step);
    if (step.nextState) this.input.states.set(model.name, step.nextState);
    emitOutcome(this.context, model, outcome, reason, performance.now() - startedAt);
    return outcome.status;
  }

  /** What runs models is loaded when the first one runs: mostly none does. */
  async #runStep(step: Step): Promise<StepOutcome> {
    try {
      if (step.model.language === "ts") {
        const { runTsModel } = await import("./run_ts_model.ts");
        return await runTsModel(this.context, step);
      }
      const { runSqlModel } = await import("./run_sql_model.ts");
      return runSqlModel(this.context, step);
    } catch (error) {
      const outcome = failedOutcome(
        error instanceof UserError
          ? error
          : explainStateError(this.context.statePath, error) ?? error,
      );
      saveStep(this.context, step, outcome);
      return outcome;
    }
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
    const { full, resend, states } = this.input;
    const state = states.get(model.name);
    return decideStep({
      model,
      state,
      hasTarget: state !== undefined && findTableType(this.context.db, model.name) !== undefined,
      inputs: this.#inputs(model),
      isForced: resend.has(model.name) ? "--resend" : full ? "--full" : undefined,
      ...(state && isSource(model) && readsOnlyFiles(model) &&
        { movedFiles: this.#movedFiles(model) }),
    });
  }

  #movedFiles(model: Model): string[] {
    const files = new ReadableFiles(this.context.root, model.directives.allowRead ?? []).all();
    return findMovedFiles(files, loadFileStates(this.context.db, model.name));
  }

  #inputs(model: Model): Record<string, number | undefined> {
    const inputs: Record<string, number | undefined> = {};
    for (const edge of this.input.graph.above.get(model.name) ?? []) {
      inputs[edge.from] = this.input.states.get(edge.from)?.dataVersion ?? 0;
    }
    for (const table of this.input.graph.external.get(model.name) ?? []) inputs[table] = undefined;
    return inputs;
  }

  #knownInputs(model: Model): Record<string, number> {
    return Object.fromEntries(
      Object.entries(this.#inputs(model)).flatMap(([name, version]) =>
        version === undefined ? [] : [[name, version]]
      ),
    );
  }

  /** Selected models that this one reads. */
  #above(name: ModelName): ModelName[] {
    return (this.input.graph.above.get(name) ?? []).map((edge) => edge.from)
      .filter((above) => this.#selected.has(above));
  }
}

function wordFor(status: StepStatus | undefined): string {
  return status === "failed" ? "failed" : status === "blocked" ? "is blocked" : "was stopped";
}

function rowsOf(state: ModelState | undefined): { rows?: number } {
  return state?.rows === undefined ? {} : { rows: state.rows };
}
