/**
 * One execution of a project's models on a state file: the project's own, or the copy that a plan is made on.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { type Proxies, proxyHosts, readProxies } from "~/base/http/proxies.ts";
import { compareText } from "~/base/text/compare_text.ts";
import { nameTest } from "~/base/text/same_name.ts";
import { isoNow } from "~/base/time/iso_now.ts";
import { VERSION } from "~/base/version.ts";
import type { PlanDocument } from "~/plan/plan_document.ts";
import type { PlannedRequests } from "~/plan/planned_requests.ts";
import { keepOffProxies } from "~/practice/keep_off_proxies.ts";
import type { Settings } from "~/project/settings/settings.ts";
import { type AppliedPlan, noteAppliedPlan, readAppliedPlan } from "~/store/applied_plan.ts";
import { nextBatchId } from "~/store/changes/batch_ids.ts";
import { pruneBodies } from "~/store/changes/kept_bodies.ts";
import { nextLedgerId, noteLeavesMark, renewLedgerIds } from "~/store/changes/ledger.ts";
import { recordDeadRequests } from "~/store/changes/open_requests.ts";
import { DeferredCommits } from "~/store/commits/deferred_commits.ts";
import { GroupCommit, type RunCommits } from "~/store/commits/group_commit.ts";
import { openState } from "~/store/file/open_state.ts";
import { findUnknownSender, isMarkedAsSent, refuseOlderFile } from "~/store/file/sent_mark.ts";
import { forgoDurability } from "~/store/file/state_copy.ts";
import { emptyLog, StatePlace } from "~/store/file/state_place.ts";
import { readProjectId } from "~/store/meta.ts";
import { loadModelStates } from "~/store/model_states.ts";
import { ModuleAnalyses } from "~/store/module_analyses.ts";
import { loadRateGrants, type RecordedGrant, replaceRateGrants } from "~/store/rate_grants.ts";
import { finishRun, startRun } from "~/store/runs.ts";
import { dropStages } from "~/warehouse/stages.ts";
import { inTransaction } from "~/warehouse/transaction.ts";
import { commandOf, purposeOf, stateOption } from "./command_text.ts";
import type { CurrentModel } from "./engine/current_model.ts";
import type { FromEngine } from "./engine/engine_protocol.ts";
import type { EngineWorkers } from "./engine/engine_workers.ts";
import { ReaderPool } from "./guest/guest_queries.ts";
import { runModels } from "./models/run_models.ts";
import type { PlanBeginning, Planner, PlannerParts } from "./planner.ts";
import { LazyPractice } from "./practice.ts";
import { RateLimits } from "./requests/rate_limits.ts";
import type { TokenKeeper, TokenKeeperContext } from "./requests/token_keeper.ts";
import type { RunContext } from "./run_context.ts";
import { describeEnd } from "./run_ended.ts";
import type { RunEvent, RunFinished } from "./run_event.ts";
import type { RunRequest } from "./run_request.ts";
import { RunSums } from "./run_sums.ts";
import { SendingNote } from "./sending_note.ts";
import { stopReason } from "./stop_reason.ts";
import { findWork, type Work } from "./work/find_work.ts";

/** What one call of the engine is about. */
export interface Job {
  request: RunRequest;
  current: CurrentModel;
  root: string;
  settings: Settings;
  practice: boolean;
  /** The project's own state file. */
  path: string;
  /** Of `performance.now()`. */
  startedAt: number;
}

/** How models are run: for real, held to a plan, or to make one. */
export interface Way {
  /** The state file that is written: the project's, or a copy of it. */
  path: string;
  plan?: PlanBeginning;
  planned?: PlannedRequests;
  /** The project's id where it has none yet: keys of a plan hold in the run. */
  newProjectId?: string;
  /**
   * When the plan was made that is applied, ISO 8601, UTC: where the ids of changes go on from the time of the run,
   * theirs are those of the plan.
   */
  plannedAt?: string;
  /** Of rate limits, as the plan's reading has left them. */
  grants?: readonly RecordedGrant[];
}

/** What an execution needs of its engine. */
export interface EngineParts {
  workers: EngineWorkers;
  /** Aborted: begin nothing new. */
  stop: AbortSignal;
  /** Aborts it where a stop was asked for and the message of it has not come yet. */
  hearStop: () => void;
  /** The stop came from the run's `--timeout`. */
  isTimeOver: () => boolean;
  post: (message: FromEngine) => void;
  emit: (event: RunEvent) => void;
  flush: () => void;
}

/** How it went. */
export interface Executed {
  finished: RunFinished;
  /** Where one was made. */
  plan?: PlanDocument;
  /** Of rate limits: what sources have read for a plan counts in the run that applies it. */
  grants?: readonly RecordedGrant[];
  /** Where a plan was made: which one was applied last. */
  applied?: AppliedPlan | undefined;
}

/**
 * Runs the models and records how they ended.
 *
 * @throws {UserError} Nothing could be begun, or a plan was stopped.
 */
export async function executeRun(job: Job, way: Way, engine: EngineParts): Promise<Executed> {
  const { request, root, settings, practice } = job;
  const { path, plan: asked } = way;
  keepOffProxies();
  using db = openWritten(way, engine);
  if (asked) forgoDurability(db);
  else if (!practice) refuseOlderFile(path, db, purposeOf(request));
  const place = asked ? undefined : new StatePlace(path);
  const analyses = new ModuleAnalyses(db);
  const work = await findWork(db, request, root, analyses);
  const { graph, readVariable } = work;

  const deferred = asked && new DeferredCommits(db);
  await using commits: RunCommits = deferred ?? new GroupCommit(db, path);
  using readers = new ReaderPool(path, () => deferred?.write());
  const projectId = readProjectId(db);
  const states = loadModelStates(db);
  const startedAt = isoNow();
  const planner = asked &&
    await makePlanner(job, work, { db, states, projectId, asked, madeAt: startedAt });
  // Before the run is recorded, as what refuses the faults is no run.
  await using practiceApi = practice
    ? new LazyPractice(engine.workers, root, request.faults)
    : undefined;
  const runId = beginRecord(db, job, way, analyses, startedAt);
  const sums = new RunSums();
  const emit = (event: RunEvent) => {
    sums.see(event);
    // What a plan goes through is told by the plan.
    if (planner) planner.see(event);
    else engine.emit(event);
  };
  const proxies = readProxies((name) => Deno.env.get(name));
  emit(startOf({ runId, startedAt }, job, work, proxies));
  const sending = new SendingNote(path, commits, { runId, startedAt });
  const context: RunContext = {
    ...contextOf(job, way, engine, place),
    db,
    commits,
    readers,
    runId,
    projectId,
    readVariable,
    ...(proxies && { proxies }),
    emit,
    rateLimits: new RateLimits(db, commits),
    ...(practiceApi && { practice: () => practiceApi.origin() }),
    ...(planner && { plan: planner.recorder }),
    isOfProject: nameTest([...graph.models.keys()]),
    tokens: tokensOf(job, { db, commits, isPlan: planner !== undefined, readVariable }),
    noteSending: () => {
      if (!practice && !asked) sending.begin();
    },
    nextChangeId: counter(nextLedgerId(db), 1),
    nextBatchId: counter(nextBatchId(db), -1),
  };
  const { full, allowRemoved, allowChanges } = request;
  const counts = await runModels(context, {
    ...work,
    states,
    full,
    allowRemoved,
    allowChanges,
    jobs: jobsOf(job),
  });
  const mayBeUnnamed = !practice && !asked && settings.project === undefined;
  const finished = describeEnd({
    db,
    runId,
    graph,
    counts,
    sums,
    practice,
    planned: way.planned,
    unnamedProject: mayBeUnnamed ? projectId : undefined,
    timeoutMs: timeOver(job, engine),
    startedAt: job.startedAt,
  });
  if (planner) {
    const plan = planner.finish(engine.stop.aborted);
    return { finished, plan, grants: loadRateGrants(db), applied: readAppliedPlan(db) };
  }
  await recordEnd(context, sending, finished.status);
  return { finished };
}

function openWritten({ path, plan, newProjectId }: Way, { post }: EngineParts): DatabaseSync {
  return openState(path, newProjectId, (migration) => {
    // Posted, and heard though this thread computes until it is done.
    post({ type: "migrating", migration: { ...migration, isOfCopy: plan !== undefined } });
  });
}

/** @returns The run's id. */
function beginRecord(
  db: DatabaseSync,
  { request, practice, path }: Job,
  { grants, planned, plannedAt }: Way,
  analyses: ModuleAnalyses,
  startedAt: string,
): number {
  return inTransaction(db, () => {
    analyses.save();
    dropStages(db);
    if (grants) replaceRateGrants(db, grants);
    // An older file, in place of one that had given more ids.
    if (!practice && !isMarkedAsSent(path)) renewLedgerIds(db, plannedAt ?? startedAt);
    if (!practice) noteLeavesMark(db);
    recordDeadRequests(db);
    const runId = startRun(db, commandOf(request), VERSION, startedAt);
    const { digest } = request.apply ?? {};
    if (planned && digest !== undefined) noteAppliedPlan(db, { digest, runId });
    return runId;
  });
}

/** @throws {UserError} The state file does not lie any more where it was opened: what was written is in no later run. */
async function recordEnd(
  { db, runId, place, commits }: RunContext,
  sending: SendingNote,
  status: RunFinished["status"],
): Promise<void> {
  pruneBodies(db, runId);
  const endedAt = isoNow();
  const lost = place?.look();
  finishRun(db, runId, lost ? "failed" : status, endedAt);
  await sending.end(endedAt);
  if (!lost) return;
  await commits.settled();
  emptyLog(db);
  throw lost;
}

/** What is known of a run before its state file is open. */
function contextOf(
  job: Job,
  { planned }: Way,
  engine: EngineParts,
  place: StatePlace | undefined,
) {
  const { root, path, settings, request, current } = job;
  const { workers, stop, hearStop, post, flush } = engine;
  return {
    workers,
    hearStop,
    flush,
    root,
    statePath: path,
    current,
    stop: place ? AbortSignal.any([stop, place.left]) : stop,
    ...(place && { place }),
    now: isoNow,
    ...(planned && { planned }),
    memoryMb: settings.memoryMb,
    stateOption: stateOption(request.practice, request.namedProject),
    watchDeadline: (model: string, limitMs: number) => {
      post({ type: "deadline", model, limitMs });
      return () => post({ type: "deadline_over", model });
    },
    stopReason: () => stopReason(place?.left.aborted ?? false, timeOver(job, engine)),
  };
}

/** The run's `--timeout`, where that is what has stopped it. */
function timeOver({ request }: Job, { isTimeOver }: EngineParts): number | undefined {
  return isTimeOver() ? request.timeoutMs : undefined;
}

function startOf(
  { runId, startedAt }: { runId: number; startedAt: string },
  { root: project, practice }: Job,
  { selected, graph }: Work,
  proxies: Proxies | undefined,
): RunEvent {
  const models = selected.toSorted(compareText);
  const sends = selected.some((name) => graph.models.get(name)?.directives.allowNet);
  return {
    type: "run_started",
    run_id: runId,
    started_at: startedAt,
    project,
    practice,
    models,
    ...(proxies && sends && !practice && { proxies: proxyHosts(proxies) }),
  };
}

/** Loaded only here, as all that few runs need: to load a module costs as much as many a model. */
async function makePlanner(
  { request, practice, path }: Job,
  { graph, selected }: Work,
  parts: Pick<PlannerParts, "db" | "states" | "projectId" | "asked" | "madeAt">,
): Promise<Planner> {
  const { Planner } = await import("./planner.ts");
  const unknownSender = practice ? undefined : findUnknownSender(path, parts.db);
  return new Planner({ ...parts, request, practice, graph, selected, unknownSender });
}

/** Loaded and made when a model asks for the first one. */
function tokensOf(
  { root, practice, request, settings }: Job,
  parts: Pick<TokenKeeperContext, "db" | "commits" | "isPlan" | "readVariable">,
): () => Promise<TokenKeeper> {
  let tokens: Promise<TokenKeeper> | undefined;
  const load = async () => {
    const { TokenKeeper } = await import("./requests/token_keeper.ts");
    return new TokenKeeper({
      ...parts,
      root,
      practice,
      stateOption: stateOption(request.practice, request.namedProject),
      providers: settings.auth ?? {},
      now: isoNow,
    });
  };
  return () => tokens ??= load();
}

function counter(first: number, step: 1 | -1): () => number {
  let next = first - step;
  return () => next += step;
}

function jobsOf({ request, settings }: Job): number {
  return request.jobs ?? settings.jobs ?? navigator.hardwareConcurrency;
}
