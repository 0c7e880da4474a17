/**
 * Runs a project: starts the engine worker, starts and ends the workers it asks for, hands its
 * events on. The main thread's whole share of a run.
 *
 * @module
 */
import { renderDuration } from "~/base/time/duration.ts";
import { type ErrorReport, UserError, UserErrors } from "~/base/user_error.ts";
import type { ModelName } from "~/model/model.ts";
import type { PlanDocument } from "~/plan/plan_document.ts";
import type { RunEvent, RunFinished } from "~/run/run_event.ts";
import type { RunRequest } from "~/run/run_request.ts";
import { Supervisor } from "~/sandbox/supervisor.ts";
import type { StateMigration } from "~/store/file/open_state.ts";
import { CurrentModel } from "./current_model.ts";
import type { FromEngine, ToEngine } from "./engine_protocol.ts";
import { StopFlag } from "./stop_flag.ts";

const ENGINE_ID = 0;
/** What a signal is aborted with when the run's time is over. */
export const TIME_IS_OVER = "the run's time is over";
/** How long SQL that is being computed may hold up a stop; a statement cannot be interrupted. */
const STOP_GRACE_MS = 3_000;
/** How soon an engine that has heard a stop is asked whether it still hears. */
const ASK_AGAIN_MS = 500;
/** How soon a model that holds the engine is told of. */
const LOOK_EVERY_MS = 100;

/** Who hears of what is no event. */
export interface RunHearer {
  /** Given the plan that was asked for, before the last event. */
  onPlan?: (plan: PlanDocument) => void;
  /** Before a state file of an earlier version is brought up to date. */
  onMigrate?: (migration: StateMigration) => void;
}

/**
 * Runs a project once.
 *
 * @param signal Aborted: nothing new begins, what is in flight ends or times out. The reason
 * `TIME_IS_OVER` says that the run's `timeoutMs` is over.
 * @returns The last event. Its `status` says whether all went well.
 * @throws {UserError | UserErrors} The run could not begin: mistakes in the project, a lock, a
 * state file that cannot be read.
 */
export async function runProject(
  request: RunRequest,
  onEvent: (event: RunEvent) => void,
  signal: AbortSignal,
  hearer: RunHearer = {},
): Promise<RunFinished> {
  const { promise, resolve, reject } = Promise.withResolvers<RunFinished>();
  const { port1, port2 } = new MessageChannel();
  const send = (message: ToEngine) => port1.postMessage(message);

  using supervisor = new Supervisor((id, message) => {
    if (id === ENGINE_ID) reject(new Error(`The engine has stopped: ${message}`));
    else send({ type: "worker_failed", id, message });
  });

  let finished: RunFinished | undefined;
  const running = new Set<ModelName>();
  const deadlines = new Map<ModelName, ReturnType<typeof setTimeout>>();
  let deaf: ReturnType<typeof setTimeout> | undefined;
  const tell = (event: RunEvent) => {
    // Told already, as it lasted.
    if (event.type === "model_started" && running.has(event.model)) return;
    if (event.type === "run_finished") finished = event;
    if (event.type === "model_started") running.add(event.model);
    if (event.type === "model_finished") running.delete(event.model);
    onEvent(event);
  };
  const current = new CurrentModel();
  const stopFlag = new StopFlag();
  const looking = setInterval(() => {
    const lasting = current.takeLasting();
    if (lasting) tell(lasting);
  }, LOOK_EVERY_MS);
  port1.onmessage = ({ data }: MessageEvent<FromEngine>) => {
    if (data.type === "events") {
      data.events.forEach(tell);
    } else if (data.type === "plan") hearer.onPlan?.(data.plan);
    else if (data.type === "migrating") hearer.onMigrate?.(data.migration);
    else if (data.type === "spawn") supervisor.start(data.spec, data.port);
    else if (data.type === "end") supervisor.end(data.id);
    else if (data.type === "stopping") {
      clearTimeout(deaf);
      // A model that was begun may ask for SQL yet.
      deaf = setTimeout(() => running.size > 0 && stop(), ASK_AGAIN_MS);
    } else if (data.type === "deadline") {
      const { model, limitMs } = data;
      const expire = () => reject(outOfTimeInSql(model, limitMs));
      deadlines.set(model, setTimeout(expire, limitMs + STOP_GRACE_MS));
    } else if (data.type === "deadline_over") clearTimeout(deadlines.get(data.model));
    else if (data.type === "broken") reject(toThrowable(data.errors, data.exitCode));
    else if (finished) resolve(finished);
  };
  supervisor.start({ id: ENGINE_ID, role: "engine", label: "engine" }, port2);
  send({ type: "start", request, current: current.memory, stopFlag: stopFlag.memory });

  const stop = () => {
    const isTimeOver = signal.reason === TIME_IS_OVER;
    stopFlag.ask(isTimeOver);
    send({ type: "stop", isTimeOver });
    deaf = setTimeout(
      () => reject(stoppedInSql(running, isTimeOver ? request.timeoutMs : undefined)),
      STOP_GRACE_MS,
    );
  };
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  try {
    return await promise;
  } finally {
    clearInterval(looking);
    clearTimeout(deaf);
    for (const timer of deadlines.values()) clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    port1.close();
  }
}

function stoppedInSql(
  running: ReadonlySet<ModelName>,
  timeoutMs: number | undefined,
): UserError {
  const names = [...running].join(", ") || "the run";
  const why = timeoutMs === undefined
    ? ""
    : `the run's --timeout of ${renderDuration(timeoutMs)} is over, and `;
  return new UserError(
    `Cannot wait for ${names} to end: ${why}SQLite is computing, which nothing interrupts`,
    {
      hint: "The run was stopped. What had ended is kept, nothing is half done; run again to go on",
    },
  );
}

function outOfTimeInSql(model: ModelName, limitMs: number): UserError {
  return new UserError(
    `Cannot wait for ${model} to end: its @model_timeout of ${
      renderDuration(limitMs)
    } is over, and SQLite is computing a query of it, which nothing interrupts`,
    { hint: "The run was ended. What had ended is kept, nothing is half done" },
  );
}

/** Errors that crossed a thread become again what the command line prints. */
function toThrowable(reports: readonly ErrorReport[], exitCode: 1 | 2): Error {
  const errors = reports.map((report) => {
    if (report.stack === undefined) return new UserError(report.message, { ...report, exitCode });
    return Object.assign(new Error(report.message), { stack: report.stack });
  });
  const [first] = errors;
  if (first && errors.length === 1) return first;
  return new UserErrors(errors.filter((error) => error instanceof UserError));
}
