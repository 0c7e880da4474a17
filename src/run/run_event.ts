/**
 * What a run tells while it runs. The terminal and `--json` are renderers of these events;
 * `--json` prints each as it is, with `schema_version` added.
 *
 * Field names are `snake_case`, because they are a contract with programs that read `--json`.
 * Fields are only ever added.
 *
 * @module
 */
// deno-lint-ignore-file camelcase
import type { ErrorReport } from "~/base/user_error.ts";
import type { KindName, ModelName, OnRemoved } from "~/model/model.ts";
import type { DeliveryCounts, RequestCounts } from "~/store/runs.ts";
import type { BudgetAhead } from "./deliver/budget_ahead.ts";

export type { DeliveryCounts, RequestCounts };

/** How a model ended. `blocked`: something above it failed. `cancelled`: the run was stopped. */
export type StepStatus = "ok" | "skipped" | "failed" | "blocked" | "cancelled";

/** The first event of a run. */
export interface RunStarted {
  type: "run_started";
  run_id: number;
  /** ISO 8601, UTC. */
  started_at: string;
  /** Project root, absolute. */
  project: string;
  /** True: requests go to the practice API, nothing leaves the machine. */
  practice: boolean;
  /** Selected models, in the order in which they will be shown. */
  models: readonly ModelName[];
  /** Hosts of the proxies by which its requests go; absent: it sends none, or by no proxy. */
  proxies?: readonly string[];
}

/** A model begins. */
export interface ModelStarted {
  type: "model_started";
  model: ModelName;
  kind: KindName;
  /** Why it runs: `"first run"`, `"definition changed"`, `"raw.orders changed"`, … */
  reason: string;
}

/** How far a model has come. */
export interface ModelProgress {
  type: "model_progress";
  model: ModelName;
  /** What it is doing: `"reading"`, `"comparing"`, `"sending"`, `"writing"`. */
  phase: string;
  /** Rows or groups done, and of how many if that is known. */
  done: number;
  total?: number;
  /** Per second, over the last few seconds. */
  rate?: number;
  /** Until done, at that rate. */
  left_ms?: number;
}

/** A line that a model logs. */
export interface ModelLog {
  type: "log";
  model: ModelName;
  level: "debug" | "info" | "warn" | "error";
  /** Secrets are masked already. */
  message: string;
}

/** A model has ended, or is not to run. */
export interface ModelFinished {
  type: "model_finished";
  model: ModelName;
  kind: KindName;
  status: StepStatus;
  /** Why it ran, was skipped or was blocked. */
  reason: string;
  /** Rows of the target now; absent for a view and where nothing was written. */
  rows?: number;
  /** Whether the target's content moved, so that models below wake. */
  changed: boolean;
  elapsed_ms: number;
  delivery?: DeliveryCounts;
  /** What becomes of removed groups; only where there are some. */
  on_removed?: OnRemoved;
  requests?: RequestCounts;
  /** Unknown changes that the model's `verify` was asked about. */
  verified?: VerifiedGroups;
  /** The next run asks the model's `verify` about what is unknown. */
  asks_verify?: true;
  /** With `--adopt` and `--held`: how the query compared with what the far side holds. */
  adopted?: AdoptedGroups;
  /** With `--adopt` alone. */
  recorded?: RecordedGroups;
  /** Groups that earlier runs have left, of a model that was stopped before it compared any; absent: none. */
  waiting?: number;
  /** The next run would stop at a budget with what is left; absent: it would not. */
  next_blocked?: BudgetAhead;
  /** How the target's columns differ from before: `"+ tier"`, `"- plan"`. */
  column_changes?: readonly string[];
  error?: ErrorReport;
  /** Failed groups: the first few, with key and reason. */
  failures?: readonly GroupFailure[];
}

/** What a model's `verify` said; all count groups. */
export interface VerifiedGroups {
  /** The far side has them: the next run accepts them without a request. */
  sent: number;
  /** It has not: the next run sends them. */
  not_sent: number;
  /** It could not tell: they stay unknown. */
  left: number;
  /** A plan is applied, or made, and so it was not asked: they stay unknown. */
  not_asked?: number;
}

/** Groups that were new, changed or removed, and are as sent from now on. */
export interface RecordedGroups {
  /** Recorded as sent. */
  groups: number;
  /** They left the query: nothing is known of them any more. */
  forgotten: number;
}

/** The groups of a query, held against what the far side holds. */
export interface AdoptedGroups {
  /** What was compared with: `contacts.csv`, `raw.crm_contacts`. */
  source: string;
  /** Rows there, and how many groups they make. */
  rows_there: number;
  groups_there: number;
  /** The same in all columns that were compared: recorded as sent. */
  same: number;
  /** Left to be sent by the next run. */
  differ: number;
  not_there: number;
  /** Column → in how many groups of one row it differs. */
  differ_in: Readonly<Record<string, number>>;
  /** That the query does not have: left as they are. */
  only_there: number;
  /** Rows there that have no key. */
  without_key: number;
  /** Groups that this model sent before, that left its query, and that are there: for `@on_removed: deliver`. */
  to_remove: number;
  /** Of those that differ, are not there or are to be removed: no run sends them by itself. Absent: none. */
  held_back?: number;
  /** Columns that were compared, … */
  compared: readonly string[];
  /** … columns of the query that are not there, and are taken to be the same, … */
  assumed: readonly string[];
  /** … and columns there that the query does not have. */
  ignored: readonly string[];
  /** What else is worth a look. */
  notes: readonly string[];
}

/** Why a group was not accepted. */
export interface GroupFailure {
  /** `customer_id = 7` */
  key: string;
  error: ErrorReport;
}

/** The last event of a run. */
export interface RunFinished {
  type: "run_finished";
  run_id: number;
  status: "ok" | "failed" | "cancelled";
  practice: boolean;
  elapsed_ms: number;
  /** Models by how they ended. */
  ok: number;
  skipped: number;
  failed: number;
  blocked: number;
  cancelled: number;
  requests: RequestCounts;
  /** Of a plan that was applied: requests of it that were not made. */
  planned_requests_left?: number;
  /** Changes of the project's models that no run sends by itself; absent: none. */
  held_back?: HeldBack;
  /** What became of the groups of all models; absent where none compared any. */
  groups?: GroupSums;
  /** Only where it was over before the run: `--timeout`. */
  timeout_ms?: number;
  /** The first groups of the project were accepted, and its settings do not name it: its id. */
  unnamed_project?: string;
}

/** Changes that wait for a person, after this run; all count groups. */
export interface HeldBack {
  /** Failed in `@max_attempts` runs, or taken by the far side though its rows could not be kept. */
  parked: number;
  /** Refused for good. */
  rejected: number;
  /** May have arrived, in a model that sends at most once. */
  to_settle: number;
  /** Of these: the next run asks the model's `verify` about them. Absent: none. */
  to_verify?: number;
}

/** `delivered` is the sum of `saved`, `rejected`, `failed`, `unknown` and `left`. */
export interface GroupSums extends DeliveryCounts {
  delivered: number;
}

/** All that a run tells. */
export type RunEvent =
  | RunStarted
  | ModelStarted
  | ModelProgress
  | ModelLog
  | ModelFinished
  | RunFinished;
