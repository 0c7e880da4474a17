/**
 * The engine: opens a project and its state, decides what runs, and runs it.
 *
 * @module
 */
// deno-lint-ignore-file camelcase
import { setImmediate } from "node:timers";
import { renderDuration } from "~/base/duration.ts";
import { isoNow } from "~/base/iso_now.ts";
import { toErrorReport, UserError, UserErrors } from "~/base/user_error.ts";
import type { Graph } from "~/dag/graph.ts";
import { compareNames } from "~/dag/order.ts";
import { selectModels } from "~/dag/selectors.ts";
import { foldModelName } from "~/model/model_name.ts";
import { loadDotenv, variableLookup } from "~/project/dotenv.ts";
import { loadProject } from "~/project/load_project.ts";
import { buildProjectGraph } from "~/project/project_graph.ts";
import { loadSettings } from "~/project/settings.ts";
import type { PlanDocument } from "~/plan/plan_document.ts";
import type { PlannedRequests } from "~/plan/planned_requests.ts";
import { DeferredCommits } from "~/store/deferred_commits.ts";
import { GroupCommit, type RunCommits } from "~/store/group_commit.ts";
import { nextLedgerId } from "~/store/ledger.ts";
import { loadModelStates } from "~/store/model_states.ts";
import { ModuleAnalyses } from "~/store/module_analyses.ts";
import {
  explainStateError,
  makeStateFolder,
  openState,
  stateFilePath,
} from "~/store/open_state.ts";
import { copyState, forgoDurability, ofOriginal, removeStateCopies } from "~/store/state_copy.ts";
import { countHeldChanges } from "~/store/held_back.ts";
import { loadRateGrants, type RecordedGrant, replaceRateGrants } from "~/store/rate_grants.ts";
import { pruneBodies } from "~/store/requests.ts";
import { lockPathOf, takeRunLock } from "~/store/run_lock.ts";
import { markAsSent, refuseLostFile } from "~/store/sent_mark.ts";
import { finishRun, startRun } from "~/store/runs.ts";
import { VERSION } from "~/base/version.ts";
import { dropStages } from "~/warehouse/stages.ts";
import { listTables } from "~/warehouse/tables.ts";
import { inTransaction } from "~/warehouse/transaction.ts";
import type { HeldAdopter } from "./adopt_held.ts";
import { CurrentModel } from "./current_model.ts";
import type { FromEngine } from "./engine_protocol.ts";
import { EngineWorkers } from "./engine_workers.ts";
import { ReaderPool } from "./guest_queries.ts";
import { heldBackOf } from "./held_back.ts";
import { LazyPractice } from "./practice.ts";
import { RateLimits } from "./rate_limits.ts";
import type { RunContext } from "./run_context.ts";
import type { PlanBeginning } from "./planner.ts";
import type { DeliveryCounts, GroupSums, RunEvent, RunFinished } from "./run_event.ts";
import { runModels } from "./run_models.ts";
import type { PlanRequest, RunRequest } from "./run_request.ts";
import type { TokenKeeper } from "./token_keeper.ts";

/** What one call of the engine is about. */
interface Job {
  request: RunRequest;
  command: string;
  current: CurrentModel;
  root: string;
  settings: Awaited<ReturnType<typeof loadSettings>>["settings"];
  practice: boolean;
  /** The project's own state file. */
  path: string;
  /** Of `performance.now()`. */
  startedAt: number;
}

/** How models are run: for real, held to a plan, or to make one. */
interface Way {
  /** The state file that is written: the project's, or a copy of it. */
  path: string;
  plan?: PlanBeginning;
  planned?: PlannedRequests;
  /** The project's id where it has none yet: keys of a plan hold in the run. */
  newProjectId?: string;
  /** Of rate limits, as the plan's reading has left them. */
  grants?: readonly RecordedGrant[];
}

/** One engine, one run. */
export class Engine {
  readonly #workers: EngineWorkers;
  readonly #stop = new AbortController();
  #events: RunEvent[] = [];
  #statePath = "the state file";
  #isTimeOver = false;
  /** What sources have read for a plan counts in the run that applies it. */
  #grants: readonly RecordedGrant[] = [];

  constructor(private readonly post: (message: FromEngine, transfer?: Transferable[]) => void) {
    this.#workers = new EngineWorkers(post);
  }

  /** Begin nothing new. */
  stop(isTimeOver: boolean): void {
    this.#isTimeOver ||= isTimeOver;
    this.#stop.abort();
    this.post({ type: "stopping" });
  }

  workerFailed(id: number, message: string): void {
    this.#workers.handleFailure(id, message);
  }

  /**
   * Runs the request to its end and tells how it went.
   *
   * @param current What main looks at while SQL holds this thread.
   */
  async run(request: RunRequest, current: SharedArrayBuffer): Promise<void> {
    try {
      await this.#run(request, new CurrentModel(current));
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

  async #run(request: RunRequest, current: CurrentModel): Promise<void> {
    const startedAt = performance.now();
    const root = Deno.realPathSync(request.project);
    const { settings, errors } = await loadSettings(root);
    if (errors.length > 0) throw new UserErrors(errors);
    const practice = request.practice || settings.practice;
    const path = stateFilePath(root, practice);
    this.#statePath = path;
    makeStateFolder(path);
    const command = commandOf(request);
    using _lock = takeRunLock(lockPathOf(path), command, isoNow());
    removeStateCopies(path);
    if (!practice) refuseLostFile(path);
    const job: Job = { request, command, current, root, settings, practice, path, startedAt };
    if (request.plan) return void await this.#plan(job, request.plan);
    if (!request.apply) return void await this.#execute(job, { path });
    const plan = request.apply;
    // Loaded only here, as all that few runs need: to load a module costs as much as many a model.
    const { refuseMoved } = await import("./planner.ts");
    const { PlannedRequests } = await import("~/plan/planned_requests.ts");
    refuseMoved(plan, await this.#plan(job, { complete: true }));
    const planned = new PlannedRequests(plan);
    const grants = this.#grants;
    await this.#execute(job, { path, planned, grants, newProjectId: plan.project_id });
  }

  /** Runs on a private copy of the state, sends nothing, and tells what a run would do. */
  async #plan(job: Job, { complete }: PlanRequest): Promise<PlanDocument> {
    const { request, path } = job;
    using copy = copyState(path, request.copyName ?? crypto.randomUUID());
    const asked = { complete, isOfState: copy.isOfState };
    const newProjectId = request.apply?.project_id;
    try {
      const plan = await this.#execute(job, {
        ...{ path: copy.path, plan: asked },
        ...(newProjectId !== undefined && { newProjectId }),
      });
      if (!plan) throw new Error("a plan was not made");
      return plan;
    } catch (error) {
      throw ofOriginal(error, copy.path, path);
    }
  }

  async #execute(job: Job, way: Way): Promise<PlanDocument | undefined> {
    const { request, command, current, root, settings, practice, startedAt } = job;
    const { path, planned } = way;
    using db = openState(path, way.newProjectId);
    if (way.plan) forgoDurability(db);
    const analyses = new ModuleAnalyses(db);
    const project = await loadProject({ root, analysisCache: analyses });
    const { graph: read, order, errors: mistakes } = buildProjectGraph(project, listTables(db));
    const dotenv = loadDotenv(root);
    const all = [...mistakes, ...dotenv.errors];
    if (all.length > 0) throw new UserErrors(all);
    const selected = selectModels(request.selectors, read, order.models);
    const resend = selectTracked("--resend", request.resend, read, order.models);
    const adopt = selectTracked("--adopt", request.adopt, read, order.models);
    const { graph, held } = await takeHeld(request, adopt, selected, read, listTables(db));

    const deferred = way.plan && new DeferredCommits(db);
    await using commits: RunCommits = deferred ?? new GroupCommit(db, path);
    using readers = new ReaderPool(path, () => deferred?.write());
    const projectId = projectIdOf(db);
    const states = loadModelStates(db);
    const planning = way.plan && await import("./planner.ts");
    const planner = way.plan && planning && new planning.Planner({
      ...{ db, request, practice, graph, states, projectId, asked: way.plan, now: isoNow },
    });
    const runId = inTransaction(db, () => {
      analyses.save();
      dropStages(db);
      if (way.grants) replaceRateGrants(db, way.grants);
      return startRun(db, command, VERSION, isoNow());
    });
    // What a plan goes through is told by the plan.
    const tell = planner
      ? (event: RunEvent) => planner.see(event)
      : (event: RunEvent) => this.#emit(event);
    tell({
      type: "run_started",
      run_id: runId,
      started_at: isoNow(),
      project: root,
      practice,
      models: selected.toSorted(compareNames),
    });
    await using practiceApi = practice
      ? new LazyPractice(this.#workers, root, request.faults)
      : undefined;
    let changeId = nextLedgerId(db);
    const requests = { sent: 0, accepted: 0, refused: 0, retries: 0 };
    let groups: GroupSums | undefined;
    const readVariable = variableLookup(dotenv, (name) => Deno.env.get(name));
    let tokens: Promise<TokenKeeper> | undefined;
    const context: RunContext = {
      root,
      statePath: this.#statePath,
      db,
      commits,
      readers,
      workers: this.#workers,
      rateLimits: new RateLimits(db, commits),
      runId,
      projectId,
      ...(practiceApi && { practice: () => practiceApi.origin() }),
      ...(planner && { plan: planner.recorder }),
      ...(planned && { planned }),
      isOfProject: nameTest([...graph.models.keys()]),
      memoryMb: settings.memoryMb,
      readVariable,
      tokens: () =>
        tokens ??= loadTokenKeeper({
          ...{
            db,
            commits,
            root,
            practice,
            readVariable,
            now: isoNow,
            providers: settings.auth ?? {},
          },
        }),
      nextChangeId: () => changeId++,
      watchDeadline: (model, limitMs) => {
        this.post({ type: "deadline", model, limitMs });
        return () => this.post({ type: "deadline_over", model });
      },
      emit: (event) => {
        if (event.type === "model_finished" && event.requests) addTo(requests, event.requests);
        if (event.type === "model_finished" && event.delivery) {
          groups = addDelivery(groups, event.delivery);
        }
        tell(event);
      },
      flush: () => this.#flush(),
      current,
      now: isoNow,
      stop: this.#stop.signal,
      stopReason: () =>
        this.#isTimeOver && request.timeoutMs !== undefined
          ? `the run's --timeout of ${renderDuration(request.timeoutMs)} was over`
          : "the run was stopped",
    };
    const counts = await runModels(context, {
      graph,
      selected,
      states,
      full: request.full,
      resend,
      adopt,
      held,
      allowRemoved: request.allowRemoved,
      allowChanges: request.allowChanges,
      jobs: request.jobs ?? settings.jobs ?? navigator.hardwareConcurrency,
    });
    const status = counts.failed + counts.blocked > 0
      ? "failed"
      : counts.cancelled > 0
      ? "cancelled"
      : "ok";
    const heldBack = heldBackOf(countHeldChanges(db), graph.models);
    const finished: RunFinished = {
      type: "run_finished",
      run_id: runId,
      status,
      practice,
      elapsed_ms: performance.now() - startedAt,
      ...counts,
      requests,
      ...(planned && { planned_requests_left: planned.left }),
      ...(heldBack && { held_back: heldBack }),
      ...(groups && { groups }),
      ...(this.#isTimeOver && request.timeoutMs !== undefined &&
        { timeout_ms: request.timeoutMs }),
    };
    if (!planner) {
      pruneBodies(db);
      finishRun(db, runId, status, isoNow());
      if (!practice && ((groups?.delivered ?? 0) > 0 || adopt.size > 0)) markAsSent(path);
      this.#emit(finished);
      return undefined;
    }
    if (planning && this.#stop.signal.aborted) throw planning.planStopped();
    this.#grants = loadRateGrants(db);
    const plan = planner.finish();
    if (request.plan) {
      this.post({ type: "plan", plan });
      this.#emit(finished);
    }
    return plan;
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

async function loadTokenKeeper(
  parts: ConstructorParameters<typeof TokenKeeper>[0],
): Promise<TokenKeeper> {
  const { TokenKeeper } = await import("./token_keeper.ts");
  return new TokenKeeper(parts);
}

/** SQLite takes names that differ in case only for one. */
function nameTest(names: readonly string[]): (name: string) => boolean {
  const known = new Set(names.map(foldModelName));
  return (name) => known.has(foldModelName(name));
}

function addDelivery(sums: GroupSums | undefined, counts: DeliveryCounts): GroupSums {
  const { saved, rejected, failed, unknown, left } = counts;
  const own = { delivered: saved + rejected + failed + unknown + left, ...counts };
  if (!sums) return own;
  const all = { ...sums };
  addTo(all as unknown as Record<string, number>, own);
  return all;
}

function addTo(sum: Record<string, number>, part: object): void {
  for (const [name, value] of Object.entries(part)) sum[name] = (sum[name] ?? 0) + Number(value);
}

/** Options name models as selectors do; only tracked ones send. */
function selectTracked(
  option: "--resend" | "--adopt",
  selectors: readonly string[],
  graph: Parameters<typeof selectModels>[1],
  order: readonly string[],
): ReadonlySet<string> {
  if (selectors.length === 0) return new Set();
  const names = selectModels(selectors, graph, order);
  const wrong = names.find((name) => graph.models.get(name)?.kind !== "tracked");
  if (wrong === undefined) return new Set(names);
  const what = option === "--resend" ? `send ${wrong} again` : `adopt ${wrong}`;
  throw new UserError(`Cannot ${what}: it is of kind ${graph.models.get(wrong)?.kind}`, {
    hint: `Name models of kind tracked after ${option}`,
    exitCode: 2,
  });
}

/** What the far side holds of the one model that is adopted, where that is said. */
async function takeHeld(
  { held: asked }: RunRequest,
  adopt: ReadonlySet<string>,
  selected: readonly string[],
  graph: Graph,
  tables: readonly string[],
): Promise<{ graph: Graph; held?: HeldAdopter }> {
  if (!asked) return { graph };
  const [name, ...others] = adopt;
  const model = name === undefined ? undefined : graph.models.get(name);
  if (!model || others.length > 0) {
    throw new UserError(`Cannot compare ${adopt.size} models with what "${asked.text}" holds`, {
      hint: "Adopt one model at a time: --adopt sync.crm --held contacts.csv",
      exitCode: 2,
    });
  }
  if (!selected.includes(model.name)) {
    throw new UserError(`Cannot adopt ${model.name}: it is not among the models to run`, {
      hint: `Name it: spoor run ${model.name} --adopt ${model.name} --held …`,
      exitCode: 2,
    });
  }
  // Loaded only here, as few runs need it.
  const { findHeldSource, withHeldSource } = await import("./held_source.ts");
  const { heldAdopter } = await import("./adopt_held.ts");
  const source = findHeldSource(asked, model, graph, tables);
  return { graph: withHeldSource(graph, model.name, source), held: heldAdopter(source) };
}

/** `600000` → `10m` */
function asTyped(ms: number): string {
  const units: readonly (readonly [name: string, ms: number])[] = [
    ...[["d", 86_400_000], ["h", 3_600_000], ["m", 60_000], ["s", 1_000]] as const,
  ];
  const [name, size] = units.find(([, each]) => ms % each === 0) ?? ["ms", 1];
  return `${ms / size}${name}`;
}

function projectIdOf(db: Parameters<typeof listTables>[0]): string {
  return String(db.prepare(`SELECT value FROM "spoor.meta" WHERE key = 'project_id'`).get()?.value);
}

function commandOf(request: RunRequest): string {
  const { selectors, practice, full, resend, adopt, allowRemoved, allowChanges } = request;
  const { timeoutMs, plan, apply, held } = request;
  return [
    plan ? "spoor plan" : apply ? "spoor apply" : "spoor run",
    ...selectors,
    ...(practice ? ["--practice"] : []),
    ...(full ? ["--full"] : []),
    ...resend.map((model) => `--resend ${model}`),
    ...adopt.map((model) => `--adopt ${model}`),
    ...(held ? [`--held ${held.text}`] : []),
    ...(allowRemoved ? ["--allow-removed"] : []),
    ...(allowChanges ? ["--allow-changes"] : []),
    ...(timeoutMs === undefined ? [] : [`--timeout ${asTyped(timeoutMs)}`]),
  ].join(" ");
}
