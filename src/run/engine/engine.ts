/**
 * The engine: opens a project, takes its lock, and runs its models, makes a plan of that, or applies one.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import { isoNow } from "~/base/time/iso_now.ts";
import { toErrorReport, UserError, UserErrors } from "~/base/user_error.ts";
import type { PlanDocument } from "~/plan/plan_document.ts";
import { loadSettings } from "~/project/settings/settings.ts";
import { commandOf, purposeOf } from "~/run/command_text.ts";
import {
  type EngineParts,
  type Executed,
  executeRun,
  type Job,
  type Way,
} from "~/run/execute_run.ts";
import { refuseUnexpectedState } from "~/run/expected_state.ts";
import { refuseRealFaults } from "~/run/practice.ts";
import type { RunEvent } from "~/run/run_event.ts";
import type { RunRequest } from "~/run/run_request.ts";
import { explainStateError, makeStateFolder, stateFilePath } from "~/store/file/open_state.ts";
import { lockPathOf, takeRunLock } from "~/store/file/run_lock.ts";
import { refuseLostFile, refuseUnreadableMark } from "~/store/file/sent_mark.ts";
import { copyState, ofOriginal, removeStateCopies } from "~/store/file/state_copy.ts";
import { takeRateGrants } from "~/store/rate_grants.ts";
import { CurrentModel } from "./current_model.ts";
import type { FromEngine } from "./engine_protocol.ts";
import { EngineWorkers } from "./engine_workers.ts";
import { StopFlag } from "./stop_flag.ts";

/** A plan that was made, and how its making went. */
type Planned = Executed & { plan: PlanDocument };

/** Refuses where it cannot be known what was sent. */
function refuseUnsure(path: string, purpose: string): void {
  refuseLostFile(path, purpose);
  refuseUnreadableMark(path, purpose);
}

/** One engine, one run. */
export class Engine {
  readonly #workers: EngineWorkers;
  readonly #stop = new AbortController();
  #events: RunEvent[] = [];
  #statePath = "the state file";
  #isTimeOver = false;
  #stopFlag = new StopFlag();

  constructor(private readonly post: (message: FromEngine, transfer?: Transferable[]) => void) {
    this.#workers = new EngineWorkers(post);
  }

  /** Begin nothing new. */
  stop(isTimeOver: boolean): void {
    this.#isTimeOver ||= isTimeOver;
    this.#stop.abort();
    this.post({ type: "stopping" });
  }

  /** Hears a stop whose message has not come yet. */
  #hearStop(): void {
    const { asked } = this.#stopFlag;
    if (asked && !this.#stop.signal.aborted) this.stop(asked.isTimeOver);
  }

  workerFailed(id: number, message: string): void {
    this.#workers.handleFailure(id, message);
  }

  /**
   * Runs the request to its end and tells how it went.
   *
   * @param shared What main looks at, and where it asks for a stop, while SQL holds this thread.
   */
  async run(
    request: RunRequest,
    { current, stopFlag }: { current: SharedArrayBuffer; stopFlag: SharedArrayBuffer },
  ): Promise<void> {
    this.#stopFlag = new StopFlag(stopFlag);
    try {
      this.#emit((await this.#run(request, new CurrentModel(current))).finished);
      this.#flush();
      this.post({ type: "finished" });
    } catch (error) {
      this.#flush();
      const explained = error instanceof UserError
        ? error
        : explainStateError(this.#statePath, error);
      const errors = error instanceof UserErrors ? error.errors : [explained ?? error];
      const exitCode = error instanceof UserError ? error.exitCode : 1;
      this.post({ type: "broken", errors: errors.map(toErrorReport), exitCode });
    }
  }

  async #run(request: RunRequest, current: CurrentModel): Promise<Executed> {
    const startedAt = performance.now();
    const root = Deno.realPathSync(request.project);
    const { settings, errors } = await loadSettings(root);
    if (errors.length > 0) throw new UserErrors(errors);
    const practice = request.practice || settings.practice;
    refuseRealFaults(request.faults, practice);
    const path = stateFilePath(root, practice);
    this.#statePath = path;
    makeStateFolder(path);
    const purpose = purposeOf(request);
    using _lock = takeRunLock(lockPathOf(path), commandOf(request), isoNow(), purpose);
    removeStateCopies(path);
    if (!practice) {
      refuseUnsure(path, purpose);
      refuseUnexpectedState(path, settings.project, purpose);
    }
    const job: Job = { request, current, root, settings, practice, path, startedAt };
    if (request.apply) return await this.#apply(job, request.apply);
    if (!request.plan) return await this.#execute(job, { path });
    const planned = await this.#plan(job, request.plan.complete);
    this.post({ type: "plan", plan: planned.plan });
    return planned;
  }

  /** Makes the plan anew, and runs if it is still the same. */
  async #apply(job: Job, plan: PlanDocument): Promise<Executed> {
    // Loaded only here, as all that few runs need: to load a module costs as much as many a model.
    const { refuseInPractice, refuseMoved } = await import("~/run/refuse_moved.ts");
    refuseInPractice(plan, job.practice, job.request.namedProject);
    const { PlannedRequests } = await import("~/plan/planned_requests.ts");
    const { plan: now, grants, applied } = await this.#plan(job, true);
    const appliedIn = applied?.digest === plan.digest ? applied.runId : undefined;
    refuseMoved(plan, now, { namedProject: job.request.namedProject, appliedIn });
    return await this.#execute(job, {
      path: job.path,
      planned: new PlannedRequests(plan),
      newProjectId: plan.project_id,
      plannedAt: plan.made_at,
      ...(grants && { grants }),
    });
  }

  /** Runs on a private copy of the state, sends nothing, and tells what a run would do. */
  async #plan(job: Job, complete: boolean): Promise<Planned> {
    const { request, path } = job;
    using copy = copyState(path, request.copyName ?? crypto.randomUUID());
    const { project_id: newProjectId, made_at: plannedAt } = request.apply ?? {};
    try {
      const { plan, ...rest } = await this.#execute(job, {
        path: copy.path,
        plan: { complete, isOfState: copy.isOfState },
        ...(newProjectId !== undefined && { newProjectId }),
        ...(plannedAt !== undefined && { plannedAt }),
      });
      if (!plan) throw new Error("a plan was not made");
      return { ...rest, plan };
    } catch (error) {
      throw ofOriginal(error, copy.path, path);
    } finally {
      takeRateGrants(copy.path, path);
    }
  }

  async #execute(job: Job, way: Way): Promise<Executed> {
    const engine: EngineParts = {
      workers: this.#workers,
      stop: this.#stop.signal,
      hearStop: () => this.#hearStop(),
      post: this.post,
      isTimeOver: () => this.#isTimeOver,
      emit: (event) => this.#emit(event),
      flush: () => this.#flush(),
    };
    return await executeRun(job, way, engine);
  }

  /** Events of one turn go together: a run of thousands of models has as many. */
  #emit(event: RunEvent): void {
    if (this.#events.length === 0) setImmediate(() => this.#flush());
    this.#events.push(event);
  }

  #flush(): void {
    if (this.#events.length === 0) return;
    this.post({ type: "events", events: this.#events });
    this.#events = [];
  }
}
