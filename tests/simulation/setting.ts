/**
 * What a history is about, drawn from its seed: its models and their limit, and how each run is to go.
 *
 * @module
 */
import type { Rate } from "~/base/time/rate.ts";
import type { DeliveryPromise } from "~/delivery/earlier_try.ts";
import type { Directives, OnRemoved } from "~/model/model.ts";
import type { Random } from "./random.ts";
import type { CommitFault } from "./simulated_commits.ts";

/**
 * How a model goes through its groups. `each`: as the guest does it for `each` and `batches`. By loops of its own
 * otherwise: `together`, it sends one by one and saves all at the end; `overview`, it sends all at once before each.
 */
export type ModelForm = "each" | "together" | "overview";

/** How a model is written, and what it is about. */
export interface ModelSetting {
  promise: DeliveryPromise;
  onRemoved: OnRemoved;
  maxAttempts: number;
  maxRemoved: Directives["maxRemoved"];
  maxChanges: Directives["maxChanges"];
  readsChanges: boolean;
  form: ModelForm;
  isBatched: boolean;
  requestsPerChange: number;
  rejects: boolean;
  answersInParts: boolean;
  /** It looks itself what has become of requests that may have arrived. */
  verifies: boolean;
  hasTextKeys: boolean;
  groups: number;
  mostRows: number;
  /** Its query may have one more column at times. */
  mayWiden: boolean;
  /** People edit its header and its code at times, or rename it. */
  isEdited: boolean;
}

/** What is the same in all runs of a history. */
export interface Setting {
  /** One or two; two share the limit. */
  models: readonly ModelSetting[];
  limit: Rate | undefined;
  /** Backups of the state file are made and put back. */
  hasBackups: boolean;
}

/** What one run asks of one model, and how that model and its way to the far side go. */
export interface ModelRun {
  concurrency: number;
  batch: number;
  retries: number;
  /** Share of tries that meet a fault. */
  faults: number;
  resend: boolean;
  adopt: boolean;
  /** With `adopt`: it is adopted by an export, of which such a share of groups says what is not there. */
  wrongExport: number | undefined;
  allowRemoved: boolean;
  allowChanges: boolean;
  /** Taken for down after so many requests. */
  downAfter: number;
  /** Share of its work in which the model does not wait for its request. */
  haste: number;
  /** The model throws after so long. */
  throwAfterMs: number | undefined;
}

/** One run as it is to be. */
export interface RunDraft {
  models: readonly ModelRun[];
  /** Killed before this event. */
  cutAt: number;
  commitFault: CommitFault | undefined;
  /** Ctrl-C after so long. */
  stopAfterMs: number | undefined;
  /** The wall clock is set, forward or back by so much, after so long. */
  clock: { afterMs: number; byMs: number } | undefined;
  /** Whether a plan is made first; `apply`: only what is in it may leave. */
  plan: "none" | "first" | "apply";
}

const CLOCK_JUMPS_MS = [-3_600_000, -30_000, -100, 100, 30_000, 3_600_000] as const;

export const NEVER = Number.POSITIVE_INFINITY;

/** Draws a history's setting. */
export function drawSetting(random: Random): Setting {
  const models = random.chance(0.2) ? 2 : 1;
  const hasLimit = models === 2 || random.chance(0.1);
  const hasBackups = random.chance(0.15);
  // Of few groups one is likelier to be again what a backup does not know that it was.
  const few = hasBackups ? { groups: 3 } : undefined;
  return {
    models: Array.from({ length: models }, () => ({ ...drawModel(random), ...few })),
    limit: hasLimit
      ? { count: random.pick([1, 2, 5, 10]), windowMs: random.pick([10_000, 60_000]) }
      : undefined,
    hasBackups,
  };
}

function drawModel(random: Random): ModelSetting {
  const promise = random.pick<ModelSetting["promise"]>([
    "at_least_once",
    "at_least_once",
    "at_most_once",
  ]);
  const onRemoved = random.pick<ModelSetting["onRemoved"]>(["forget", "keep", "deliver"]);
  // Where nothing tells repeated requests apart, half a change done would be done twice.
  const requestsPerChange = promise === "at_least_once" ? random.pick([1, 1, 2]) : 1;
  const readsChanges = onRemoved === "deliver" || random.chance(0.3);
  const ownForm = requestsPerChange === 1 ? "together" : "overview";
  const form = random.chance(requestsPerChange === 1 ? 0.1 : 0.5) ? ownForm : "each";
  return {
    promise,
    onRemoved,
    readsChanges,
    form,
    isBatched: form === "each" && random.chance(0.5),
    maxAttempts: random.between(1, 4),
    maxRemoved: random.pick([undefined, { percent: 50 }, { groups: 1 }, { groups: 3 }]),
    maxChanges: random.pick([undefined, undefined, { groups: 6 }]),
    requestsPerChange,
    rejects: random.chance(0.5),
    answersInParts: requestsPerChange === 1 && random.chance(0.3),
    verifies: promise === "at_most_once" && random.chance(0.4),
    hasTextKeys: random.chance(0.3),
    // Groups of more than 32 rows are compared in another way.
    ...random.chance(0.06)
      ? { groups: 3, mostRows: 40 }
      : { groups: random.pick([3, 8, 16, 30]), mostRows: random.pick([1, 1, 3]) },
    mayWiden: random.chance(0.2),
    isEdited: random.chance(0.25),
  };
}

/** Draws what becomes of a model that is edited; what it is about stays. */
export function editModel(
  random: Random,
  { promise, requestsPerChange }: ModelSetting,
): Partial<ModelSetting> {
  const edited = drawModel(random);
  const { onRemoved, readsChanges, maxAttempts, maxRemoved, maxChanges, rejects } = edited;
  return {
    // Half a change done would be settled as done.
    promise: requestsPerChange === 1 ? edited.promise : promise,
    onRemoved,
    readsChanges,
    maxAttempts,
    maxRemoved,
    maxChanges,
    rejects,
  };
}

/** The tables that a history makes: where they are the same, a state file can serve again. */
export function shapeOf({ models }: Setting): string {
  return models.map(({ hasTextKeys, mostRows, mayWiden }) =>
    [hasTextKeys, mostRows > 1, mayWiden].join(" ")
  ).join(", ");
}

/** Draws a run, with what may go wrong in it. */
export function drawRun(random: Random, { models, limit }: Setting): RunDraft {
  const fate = random.pick(["well", "well", "cut", "cut", "commit", "stop", "throw"]);
  const isCommit = fate === "commit";
  // What follows a request about all hangs on its answer.
  const mayPlan = models.every(({ form }) => form !== "overview");
  const isPlanned = random.chance(0.25) && mayPlan;
  const plan = isPlanned ? random.pick<RunDraft["plan"]>(["first", "apply"]) : "none";
  // What leaves of a model that does not wait for it is a matter of the moment, and no plan's.
  const haste = plan === "none" ? random.pick([0, 0, 0.3]) : 0;
  return {
    models: models.map((model) => ({ ...drawModelRun(random, model, fate === "throw"), haste })),
    cutAt: fate === "cut" ? random.between(1, 120) : NEVER,
    commitFault: isCommit
      ? {
        commit: random.between(0, 12),
        is: random.pick(["killed before", "killed inside", "killed after", "disk full"]),
      }
      : undefined,
    stopAfterMs: fate === "stop" ? random.between(1, 300) : undefined,
    clock: random.chance(limit ? 0.3 : 0.03)
      ? { afterMs: random.between(1, 300), byMs: random.pick(CLOCK_JUMPS_MS) }
      : undefined,
    plan,
  };
}

function drawModelRun(random: Random, model: ModelSetting, throws: boolean): ModelRun {
  const wish = random.next();
  const isByExport = wish > 0.92 && wish <= 0.95;
  return {
    ...calmModelRun(random, model),
    wrongExport: isByExport ? random.pick([0, 0.1, 0.5]) : undefined,
    retries: random.pick([0, 0, 2]),
    faults: random.pick([0, 0.1, 0.4]),
    resend: wish < 0.08,
    adopt: wish > 0.92,
    allowRemoved: random.chance(0.7),
    allowChanges: random.chance(0.7),
    downAfter: random.chance(0.1) ? random.between(0, 15) : NEVER,
    throwAfterMs: throws ? random.between(1, 300) : undefined,
  };
}

/** Draws a run in which nothing goes wrong, and nothing is asked for. */
export function calmRun(random: Random, { models }: Setting): RunDraft {
  return {
    models: models.map((model) => calmModelRun(random, model)),
    cutAt: NEVER,
    commitFault: undefined,
    stopAfterMs: undefined,
    clock: undefined,
    plan: random.chance(0.125) && models.every(({ form }) => form === "each") ? "first" : "none",
  };
}

function calmModelRun(random: Random, { isBatched }: ModelSetting): ModelRun {
  return {
    concurrency: random.pick([1, 2, 8]),
    batch: isBatched ? random.between(2, 5) : 1,
    retries: 0,
    faults: 0,
    resend: false,
    adopt: false,
    wrongExport: undefined,
    allowRemoved: true,
    allowChanges: true,
    downAfter: NEVER,
    haste: 0,
    throwAfterMs: undefined,
  };
}
