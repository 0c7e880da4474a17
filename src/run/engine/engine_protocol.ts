/**
 * What crosses between the main thread and the engine worker.
 *
 * @module
 */
import type { ErrorReport } from "~/base/user_error.ts";
import type { PlanDocument } from "~/plan/plan_document.ts";
import type { RunEvent } from "~/run/run_event.ts";
import type { RunRequest } from "~/run/run_request.ts";
import type { WorkerSpec } from "~/sandbox/supervisor.ts";
import type { StateMigration } from "~/store/file/open_state.ts";

/** All that the engine is told. */
export type ToEngine =
  /** `current`: where the engine shows what it computes (`current_model.ts`); `stopFlag`: see there. */
  | {
    type: "start";
    request: RunRequest;
    current: SharedArrayBuffer;
    stopFlag: SharedArrayBuffer;
  }
  /** Ctrl-C, or the run's time is over: begin nothing new, let what is in flight end. */
  | { type: "stop"; isTimeOver: boolean }
  | { type: "worker_failed"; id: number; message: string };

/** All that the engine tells. */
export type FromEngine =
  | { type: "events"; events: readonly RunEvent[] }
  | { type: "plan"; plan: PlanDocument }
  /** Until it is done, nothing else is heard of the engine. */
  | { type: "migrating"; migration: StateMigration }
  | { type: "spawn"; spec: WorkerSpec; port: MessagePort }
  | { type: "end"; id: number }
  /** It has heard the stop. Until then it computes SQL, which nothing interrupts. */
  | { type: "stopping" }
  /** A model with a `@model_timeout` begins, or has ended: main ends an engine that is deaf then. */
  | { type: "deadline"; model: string; limitMs: number }
  | { type: "deadline_over"; model: string }
  /** The run could not begin or broke: mistakes of the user, or a bug. */
  | { type: "broken"; errors: readonly ErrorReport[]; exitCode: 1 | 2 }
  | { type: "finished" };
