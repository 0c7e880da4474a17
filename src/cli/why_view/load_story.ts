/**
 * All that `spoor why` tells of one group, as values.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { changeRequestOf, toKeyed, withKey } from "~/cli/groups/change_key_of.ts";
import type { KnownGroup } from "~/cli/groups/find_group.ts";
import { toShownKeyWords } from "~/cli/groups/key_words.ts";
import { findOutlook } from "~/cli/groups/outlook.ts";
import type { TrackedModel } from "~/cli/groups/tracked_model.ts";
import { runCutOff } from "~/store/changes/cut_off.ts";
import { triedSince } from "~/store/changes/failing_changes.ts";
import {
  deliveriesOf,
  type DeliveryRow,
  hasOpenEndSince,
  type LedgerRow,
  ledgerRowOf,
  type RequestRow,
  requestsOf,
  startOf,
  stepsOf,
  type StoryStep,
} from "~/store/changes/group_story.ts";
import { pendingOf, runOfPending } from "~/store/changes/pending.ts";
import { unfinishedSteps } from "~/store/unfinished_steps.ts";
import { isByHand, isLeftByAdopt } from "./delivery_row.ts";
import type { GroupInEra, KeyEra } from "./key_era.ts";
import { type RunEntry, type StoryEntry, tellStory } from "./timeline.ts";
import { loadBatchesBefore, type ToldBatch } from "./told_batches.ts";
import { type GroupFacts, type NextStep, whatIsNext } from "./what_is_next.ts";

/** One try with its requests. */
export interface ToldTry {
  type: "try";
  delivery: DeliveryRow;
  requests: readonly RequestRow[];
  /** There are more requests of this try than are told. */
  hasMore: boolean;
  /** Batches that it was in before these requests, in the same run; the last one first. */
  before: readonly ToldBatch[];
}

/** Runs that decided the same, and when the newest of them began. */
export interface ToldRun extends RunEntry {
  /** ISO 8601, UTC. */
  at: string;
  /** Those of the group in a run that died: until a later one has noted it as a try, with these requests. */
  requests: readonly RequestRow[];
}

/** A group's whole story. */
export interface GroupStory {
  model: TrackedModel;
  group: KnownGroup;
  ledger: LedgerRow | undefined;
  /** When that was first tried, as far as it is known. */
  since: string | null;
  /** Its `Idempotency-Key`, while it is not accepted. */
  idempotencyKey: string | undefined;
  next: NextStep;
  /** Newest first. */
  entries: readonly (ToldTry | ToldRun)[];
  /** There are older ones. */
  isCut: boolean;
}

/** Requests of one try that are told: a change mostly makes one. */
const REQUESTS_TOLD = 10;

/** Runs that died in the middle of the model: there are few, unless something is very wrong. */
const DEAD_RUNS_READ = 1_000;

/** Runs that are looked through: a model that runs every minute has as many in two weeks. */
const RUNS_READ = 20_000;

/** Reads it, up to `limit` entries. */
export function loadStory(
  db: DatabaseSync,
  { model, group, era }: GroupInEra,
  { limit, isRunning, option }: { limit: number; isRunning: boolean; option: string },
): GroupStory {
  const { accepted, keyText, key } = group;
  const isOver = era.until !== Infinity;
  // What is known of the present is about groups of the present key.
  const ledger = isOver ? undefined : ledgerRowOf(db, model.name, keyText);
  const inEra = ({ run_id: runId }: { run_id: number }) => runId >= era.from && runId < era.until;
  const deliveries = withoutThoseOfOthers(
    deliveriesOf(db, model.name, keyText, Math.min(limit + 1, 1e9)).filter(inEra),
  );
  const keepsRemoved = model.onRemoved === "keep";
  const pending = isOver ? undefined : pendingOf(db, model.name, keyText);
  const outIn = ledger?.state === "sent" ? ledger.run_id : undefined;
  const told = tellStory(
    {
      deliveries,
      steps: within(
        era,
        newestFirst(stepsOf(db, model.name), deadSteps(db, model.name, isRunning)),
      ),
      accepted,
      isOpen: ledger !== undefined,
      pending,
      leftBy: runOfPending(db, model.name) ?? lastOfAll(db, model.name),
      outIn,
      keepsRemoved,
      isKeyKnown: era.from > 0 || model.isOfSql,
    },
    { entries: limit, runs: limit < RUNS_READ ? RUNS_READ : Infinity },
  );
  const withRequests = requestTeller(db);
  const last = deliveries.find((row) => row.group_key === keyText && !isByHand(row));
  const next = isOver ? ofFormerKey(era) : whatIsNext({
    model,
    ledger,
    isRunning,
    option,
    outlook: findOutlook(db, model, option),
    accepted,
    // Looked for only where it matters: a model that never compares may have very many runs.
    compared: keepsRemoved || last?.state === "adopted"
      ? lastComparison(db, model.name)
      : undefined,
    pending,
    words: toShownKeyWords(model.keyColumns, key),
    last,
  });
  return {
    model,
    group,
    ledger,
    since: ledger ? triedSince(db, { model: model.name, firstId: ledger.id }) ?? ledger.at : null,
    next,
    idempotencyKey: ledger && changeRequestOf(db, ledger).key,
    entries: withKeys(told, era).map((entry) =>
      entry.type === "try" ? withRequests(entry.delivery) : {
        ...entry,
        at: startOf(db, entry.runId),
        requests: entry.runId === outIn && ledger
          ? requestsOf(db, ledger.batch || ledger.id, entry.runId, REQUESTS_TOLD)
          : [],
      }
    ),
    isCut: told.isCut,
  };
}

/** Those of its runs. */
function* within({ from, until }: KeyEra, steps: Iterable<StoryStep>): Generator<StoryStep> {
  for (const step of steps) {
    if (step.run_id < from) return;
    if (step.run_id < until) yield step;
  }
}

function ofFormerKey({ columns, until, after = [] }: KeyEra): NextStep {
  const was = columns.length > 0 ? `, ${columns.join(", ")}` : "";
  return {
    code: "gone",
    text: `a group of the former unique key${was}: since run ${until} the key is ` +
      `${after.join(", ")}, by which its rows are told of`,
  };
}

/** A story, and where the unique key was another one before it or after it. */
function withKeys(
  { entries, isCut }: ReturnType<typeof tellStory>,
  { columns, from, until, before, after }: KeyEra,
): StoryEntry[] {
  const taken = (runId: number, detail: string): RunEntry[] => [
    { type: "run", runId, firstRunId: runId, runs: 1, decision: "new_key", detail },
  ];
  return [
    ...after ? taken(until, `${after.join(", ")} from this run on`) : [],
    ...entries,
    ...before && !isCut
      ? taken(
        from,
        `${columns.join(", ")} from this run on; what was done before is told by the former key` +
          (before.length > 0 ? `, ${before.join(", ")}` : ""),
      )
      : [],
  ];
}

/** A run that was stopped before it compared, or that had nothing to compare, says nothing of groups. */
function lastComparison(db: DatabaseSync, model: string): GroupFacts["compared"] {
  for (const { run_id: runId, groups_new: added, groups_removed: removed } of stepsOf(db, model)) {
    if (added !== null) return { runId, removed: removed ?? 0 };
  }
  return undefined;
}

/** Runs that died in the middle of the model, newest first. The last one may be noted as one that is under way. */
function deadSteps(db: DatabaseSync, model: string, isRunning: boolean): StoryStep[] {
  return unfinishedSteps(db, model, DEAD_RUNS_READ)
    .filter(({ status }) => status === "died" || !isRunning)
    .map((step) => ({ ...step, status: "died", groups_parked: null }));
}

function* newestFirst(
  steps: Iterable<StoryStep>,
  dead: readonly StoryStep[],
): Generator<StoryStep> {
  let next = 0;
  for (const step of steps) {
    for (let one = dead[next]; one && one.run_id > step.run_id; one = dead[++next]) yield one;
    yield step;
  }
  yield* dead.slice(next);
}

/** The last comparison, if no run has begun since that may have replaced what it has left. */
function lastOfAll(db: DatabaseSync, model: string): number | undefined {
  const last = lastComparison(db, model)?.runId;
  return last === undefined || hasOpenEndSince(db, last) ? undefined : last;
}

/** Where a run says of the group that it was left, what it adopted were the others. */
function withoutThoseOfOthers(deliveries: readonly DeliveryRow[]): DeliveryRow[] {
  const left = new Set(deliveries.filter(isLeftByAdopt).map(({ run_id }) => run_id));
  return deliveries.filter((row) =>
    !(left.has(row.run_id) && row.state === "adopted") ||
    isLeftByAdopt(row)
  );
}

/**
 * Where one run tried a change twice, its requests are those of the later try. Those of a run that died are told
 * where the next one noted that.
 */
function requestTeller(db: DatabaseSync): (delivery: DeliveryRow) => ToldTry {
  const told = new Set<string>();
  return (delivery) => {
    const { change_id: changeId, batch, error } = delivery;
    const runId = runCutOff(error) ?? delivery.run_id;
    const change = batch || changeId;
    const name = `${change} ${runId}`;
    const none = change === 0 || isByHand(delivery) || told.has(name);
    if (none) return { type: "try", delivery, requests: [], hasMore: false, before: [] };
    told.add(name);
    const requests = requestsOf(db, change, runId, REQUESTS_TOLD + 1);
    return {
      type: "try",
      delivery,
      requests: requests.slice(0, REQUESTS_TOLD).map((each) =>
        withKey(db, each, toKeyed(changeId, delivery))
      ),
      hasMore: requests.length > REQUESTS_TOLD,
      before: loadBatchesBefore(db, change, runId, REQUESTS_TOLD),
    };
  };
}
