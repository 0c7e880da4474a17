/**
 * What all models of one run share.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { Proxies } from "~/base/http/proxies.ts";
import type { PlanRecorder } from "~/plan/plan_recorder.ts";
import type { PlannedRequests } from "~/plan/planned_requests.ts";
import type { RunCommits } from "~/store/commits/group_commit.ts";
import type { StatePlace } from "~/store/file/state_place.ts";
import type { CurrentModel } from "./engine/current_model.ts";
import type { EngineWorkers } from "./engine/engine_workers.ts";
import type { ReaderPool } from "./guest/guest_queries.ts";
import type { RateLimits } from "./requests/rate_limits.ts";
import type { TokenKeeper } from "./requests/token_keeper.ts";
import type { RunEvent } from "./run_event.ts";

/** See the module's comment. */
export interface RunContext {
  /** Project root: absolute, links resolved. */
  root: string;
  /** The state file, for messages. */
  statePath: string;
  /** Where it must be found as long as something is sent; absent where a plan is made, on a copy. */
  place?: StatePlace;
  db: DatabaseSync;
  commits: RunCommits;
  readers: ReaderPool;
  workers: EngineWorkers;
  rateLimits: RateLimits;
  runId: number;
  projectId: string;
  /** By which real requests go. */
  proxies?: Proxies;
  /** Gives where the practice API listens, and starts it if need be; absent in a real run. */
  practice?: () => Promise<string>;
  /** What commands in messages need to be about this state: ` --practice`, ` --project DIR`, or nothing. */
  stateOption: string;
  /** A plan is made: nothing is sent, what would be is noted here. */
  plan?: PlanRecorder;
  /** A plan is applied: only what is in it may leave. */
  planned?: PlannedRequests;
  /** Whether the project has a model of that name, selected or not. */
  isOfProject: (name: string) => boolean;
  memoryMb: number;
  tokens: () => Promise<TokenKeeper>;
  /** A variable of the process or of `.env`. */
  readVariable: (name: string) => string | undefined;
  /** A model is about to send, or has recorded something as sent: from now on a lost state file is missed. */
  noteSending: () => void;
  nextChangeId: () => number;
  nextBatchId: () => number;
  /** Has the main thread end a run that is deaf when a model's time is over; returns the end of it. */
  watchDeadline: (model: string, limitMs: number) => () => void;
  emit: (event: RunEvent) => void;
  /** Has main hear now what was emitted; else it does when the event loop turns. */
  flush: () => void;
  /** Shows main the SQL model that holds this thread. */
  current: CurrentModel;
  /** ISO 8601, UTC. */
  now: () => string;
  /** Aborted by Ctrl-C, when the run's time is over, or its state file is gone: nothing new begins. */
  stop: AbortSignal;
  /** Aborts it where a stop was asked for while this thread computed, and the message of it has not come yet. */
  hearStop: () => void;
  /** Why, in words: `the run was stopped`. */
  stopReason: () => string;
}
