/**
 * A plan as a document: what a run would do, as `spoor plan --json` prints it and `spoor apply` takes it.
 *
 * Field names are `snake_case`, because they are a contract with programs. Fields are only ever added.
 *
 * @module
 */
// deno-lint-ignore-file camelcase
import type { ErrorReport } from "~/base/user_error.ts";
import type { ChangeAction } from "~/delivery/earlier_try.ts";
import type { KindName, ModelName, OnRemoved } from "~/model/model.ts";

/** See the module's comment. */
export interface PlanDocument {
  schema_version: 1;
  type: "plan";
  spoor_version: string;
  project_id: string;
  /** True: of practice runs, whose requests leave no machine. */
  practice: boolean;
  /** ISO 8601, UTC. */
  made_at: string;
  options: PlannedOptions;
  based_on: PlanBasis;
  /** False: only the first groups of each model are in it; `spoor apply` takes no such plan. */
  complete: boolean;
  summary: PlanSummary;
  /** Each below all that it reads, whichever ended first; by name where that leaves a choice. */
  models: readonly PlannedModel[];
  /** Limits of `spoor.yaml` that several of the models would send under. */
  shared_limits?: readonly SharedLimit[];
  /** The state file is older than what was sent: it does not know all that this run has sent. */
  outdated_by?: OutdatingRun;
  /** SHA-256 of all else. */
  digest: string;
}

/** A run that a state file does not know, or not to its end. */
export interface OutdatingRun {
  run_id: number;
  /** ISO 8601, UTC. */
  started_at: string;
}

/** What the run was asked for. */
export interface PlannedOptions {
  selectors: readonly string[];
  full: boolean;
  resend: readonly ModelName[];
  adopt: readonly ModelName[];
  /** As given after --held. */
  held?: string;
  allow_removed: boolean;
  allow_changes: boolean;
}

/** The state that the plan was made on. */
export interface PlanBasis {
  /** `null`: nothing had run. */
  last_run: number | null;
  /** Model → data version of its table. */
  data_versions: Readonly<Record<ModelName, number>>;
}

/** What a plan comes to, all models together. */
export interface PlanSummary {
  /** Whether a run would do anything that can be seen afterwards; true where that cannot be known. */
  has_changes: boolean;
  /** Models that would run. */
  run: number;
  up_to_date: number;
  /** Models that would fail, or that a budget or a model above blocks. */
  failed: number;
  /** Models of which something cannot be known without sending. */
  unknown: number;
  /** Groups to send, all models together. */
  create: number;
  update: number;
  remove: number;
  requests: number;
  /** Those of them that depend on an answer that was assumed. */
  assumed_requests: number;
}

/**
 * What would become of a model. `budget`: a budget blocks it, nothing is sent. `blocked`: something above it
 * fails. `unknown`: cannot be known without sending.
 */
export type PlannedStatus = "runs" | "up_to_date" | "fails" | "budget" | "blocked" | "unknown";

/** What would become of a model. */
export interface PlannedModel {
  model: ModelName;
  kind: KindName;
  fingerprint: string;
  status: PlannedStatus;
  /** Why it runs or does not. */
  reason: string;
  /** What of it cannot be known without sending, and why. */
  unknown?: string;
  /** Models above it whose result is assumed: what is said here holds only if the answers are as assumed. */
  assumes?: readonly ModelName[];
  /** Whether the table's content would move. */
  changed: boolean;
  rows_before: number | null;
  /** There are some: a run that was cut off has not counted them. */
  rows_before_uncounted?: true;
  rows_after: number | null;
  /** True: what would be saved depends on answers. */
  rows_assumed: boolean;
  column_changes?: readonly string[];
  /** What may not be meant as it is. Absent: nothing. */
  warnings?: readonly string[];
  /** Digest of the table's rows, where they would be others. */
  content?: string;
  error?: ErrorReport;
  groups?: PlannedGroups;
  budgets?: PlannedBudgets;
  /**
   * Groups of which no answer is known, about which a run would ask the model's own `verify` at its end. A plan
   * does not, and `spoor apply` does not either.
   */
  unverified?: number;
  /** Why groups would not be accepted, or cannot be known: the first ten reasons. Absent: there is none. */
  reasons?: readonly PlannedReason[];
  /** What changes, in the order of delivery. */
  changes: readonly PlannedChange[];
  /** Groups that differ and are not sent: parked, or for a person to settle. */
  held: readonly HeldChange[];
  /** Of a model that compares nothing now, how many groups no run sends by itself. Absent: none. */
  held_back?: number;
  requests: readonly PlannedRequest[];
  /** Requests in all, also where only the first ones are listed. */
  requests_total: number;
  assumed_requests: number;
  /** GET and HEAD requests of a source, which the plan itself has sent. */
  reads_sent: number;
  forecast?: Forecast;
}

/** Counts of groups. */
export interface PlannedGroups {
  create: number;
  update: number;
  unchanged: number;
  /** Left the query. */
  removed: number;
  held: number;
  on_removed: OnRemoved;
  /** True: `--adopt` records all of it as sent, and sends nothing. */
  adopt: boolean;
  /** With --held: create and update are not at the far side as they are here, and are left to the next run. */
  adopted?: PlannedAdoption;
  /** Of which cannot be known what would become of them. */
  unknown: number;
  /** That the model would not get accepted, whatever the far side says. */
  fail: number;
  reject: number;
}

/** How the query compares with what the far side holds, in groups. */
export interface PlannedAdoption {
  source: string;
  groups_there: number;
  same: number;
  differ: number;
  differ_in: Readonly<Record<string, number>>;
  not_there: number;
  only_there: number;
  to_remove: number;
  /** Of those that differ, are not there or are to be removed: no run sends them by itself. Absent: none. */
  held_back?: number;
  compared: readonly string[];
  assumed: readonly string[];
  ignored: readonly string[];
  notes: readonly string[];
}

/** How much of a model may be removed and changed at once. */
export interface PlannedBudgets {
  /** As in the header, `null` where none holds in this run. */
  max_removed: string | null;
  max_changes: string | null;
  /** Those that hold otherwise, and that this run lets through: by --allow-removed, --resend, … */
  let_through?: { max_removed?: string; max_changes?: string };
  /** Groups that are accepted now. */
  accepted: number;
  /** Groups that count in `max_removed`: they were accepted. Absent: all that left the query. */
  removed?: number;
  /** New and changed groups that do not count in `max_changes`: an earlier run was let send them. Absent: none. */
  carried?: number;
  /** The first of `breaches`. */
  breach?: PlannedBreach;
  /** Those that stop the model, one or two. */
  breaches?: readonly PlannedBreach[];
}

/** A budget that a model would go beyond. */
export interface PlannedBreach {
  budget: "empty_query" | "max_removed" | "max_changes";
  groups: number;
}

/** One group that changes. */
export interface PlannedChange {
  /** The key exactly, as other places of the document name the group. */
  group: string;
  /** Column → value. */
  key: Readonly<Record<string, unknown>>;
  /** `forget` and `keep`: it left the query, and nothing is sent. */
  action: ChangeAction | "forget" | "keep";
  content_hash: string;
  /** Column → [old, new]; where the group is one row at most. */
  fields?: Readonly<Record<string, readonly [unknown, unknown]>>;
  /** Of `fields`: columns that the query did not give when the group was accepted. */
  columns_new?: readonly string[];
  /** Of `fields`: columns that the query does not give any more. */
  columns_gone?: readonly string[];
  /** Of `fields`: what was no text and is one now, or was one; big integers and bytes look like texts here. */
  columns_now_text?: readonly string[];
  columns_was_text?: readonly string[];
  /** Columns that hold no text on either side: big integers and bytes, which look like texts here. */
  columns_not_text?: readonly string[];
  /** The far side has the group, by what a person said; what it has is not known here. */
  before_unknown?: true;
  /** How the last try of this very change ended. Absent: there was none, or a person has settled it. */
  last_try?: PlannedTry;
  /** Where it has more rows: those that go and those that come. */
  rows_removed?: readonly Readonly<Record<string, unknown>>[];
  rows_added?: readonly Readonly<Record<string, unknown>>[];
  /** `none`: nothing is to happen at the far side. */
  outcome: PlannedReason["outcome"] | "accepted" | "not_reached" | "none";
  /** Why it is rejected, fails or cannot be known. */
  why?: string;
}

/** A try in an earlier run. */
export interface PlannedTry {
  /** `unknown`: no answer is known. */
  state: "failed" | "unknown";
  /** Runs in which it was tried; what says nothing of the group, as an outage, does not count. */
  attempts: number;
  error?: string;
}

/** One reason, and how many groups it is that of. */
export interface PlannedReason {
  outcome: "rejected" | "fails" | "unknown";
  why: string;
  groups: number;
}

/** A group that differs and that no run sends by itself. */
export interface HeldChange {
  group: string;
  key: Readonly<Record<string, unknown>>;
  /** How its last try ended. */
  state: string;
  attempts: number;
}

/** One request; secrets are masked. */
export interface PlannedRequest {
  /** Keys of the groups that it is about; none: it belongs to no group. */
  groups: readonly string[];
  method: string;
  url: string;
  headers: readonly (readonly [string, string])[];
  /** Text; of bytes only how many. */
  body: string | null;
  /** True: it depends on an answer that was assumed. */
  assumed: boolean;
  /**
   * Status that the far side answered it with in the groups' last try, and is assumed to answer again: the model then
   * went on to a request that no plan had. Absent: 200 is assumed.
   */
  answered_before?: number;
  /** SHA-256 of method, URL, headers and body, secrets masked: what `spoor apply` holds requests against. */
  identity: string;
}

/** Models under one limit wait for each other. */
export interface SharedLimit {
  /** Its name in `spoor.yaml`. */
  limit: string;
  models: readonly ModelName[];
  /** Of all of them. */
  requests: number;
  rate_limit_ms: number;
  /** Where one of the models takes longer by itself, as long as that. */
  at_least_ms: number;
}

/** How long sending takes at least, as far as that is known. */
export interface Forecast {
  requests: number;
  /** By `@rate_limit`. */
  rate_limit_ms?: number;
  /** By `@concurrency` and how long earlier requests took. */
  concurrency_ms?: number;
  /** The longer of the two. */
  at_least_ms?: number;
}

/** Something of it cannot be known without sending. */
export function hasUnknown({ status, groups, unverified }: PlannedModel): boolean {
  return status === "unknown" || (groups?.unknown ?? 0) > 0 || (unverified ?? 0) > 0;
}
