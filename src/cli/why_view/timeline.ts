/**
 * One group's story: its tries, and between them what each run of its model decided about it (`run_decision.ts`).
 *
 * @module
 */
import type { DeliveryRow, StoryStep } from "~/store/changes/group_story.ts";
import { isByHand, isOfAll } from "./delivery_row.ts";
import { type Decided, decideRun, type GroupRecord } from "./run_decision.ts";

/** Runs one after the other that decided the same. */
export interface RunEntry extends Decided {
  type: "run";
  /** The newest of them. */
  runId: number;
  /** The oldest. */
  firstRunId: number;
  runs: number;
}

/** One try and its end, or what a person did. */
export interface TryEntry {
  type: "try";
  delivery: DeliveryRow;
}

/** Of a story. */
export type StoryEntry = TryEntry | RunEntry;

/** What a story is told from. */
export interface StoryFacts extends GroupRecord {
  /** Newest first. */
  deliveries: readonly DeliveryRow[];
  /** Newest first, read as far as needed. */
  steps: Iterable<StoryStep>;
}

/** How much is told. */
export interface StoryLimit {
  entries: number;
  /** How many runs are looked through for it. */
  runs: number;
}

/** Tells the story, newest first. */
export function tellStory(
  facts: StoryFacts,
  { entries: limit, runs }: StoryLimit,
): { entries: StoryEntry[]; isCut: boolean } {
  const { deliveries, steps } = facts;
  const story: StoryEntry[] = [];
  const told = (isCut: boolean) => {
    return { entries: sinceGone(story, facts.accepted).slice(0, limit), isCut };
  };
  let next = 0;
  let read = 0;
  for (const step of steps) {
    if (++read > runs) return told(true);
    let wasTried = false;
    for (; (deliveries[next]?.run_id ?? 0) >= step.run_id; next++) {
      const delivery = deliveries[next];
      if (!delivery) break;
      wasTried ||= delivery.run_id === step.run_id && !isByHand(delivery);
      story.push({ type: "try", delivery });
    }
    if (!wasTried) {
      // What was adopted with all groups says nothing of whether this one was among them.
      const after = deliveries.slice(0, next).findLast((each) => !isOfAll(each));
      addRun(story, toEntry(step, deliveries[next], after, facts));
    }
    if (story.length > limit) return told(true);
  }
  for (const delivery of deliveries.slice(next)) story.push({ type: "try", delivery });
  return told(story.length > limit);
}

/**
 * A group that is gone has left in one of the runs that forgot some: in the only one, if there is one only
 * since its last try; and in runs after all of them it was not there. An adoption of all groups forgets some
 * too: which, it does not say.
 */
function sinceGone(
  story: readonly StoryEntry[],
  accepted: StoryFacts["accepted"],
): StoryEntry[] {
  const told: StoryEntry[] = [];
  let segment: RunEntry[] = [];
  let newer: DeliveryRow | undefined;
  let isGone = accepted === undefined;
  const close = (older?: DeliveryRow) => {
    const isCertain = older !== undefined && ![older, newer].some(isOfAll);
    for (const entry of settleGone(segment, isCertain, isGone && isOfAll(older))) {
      addRun(told, entry);
    }
    segment = [];
    newer = older;
    if (older && !isOfAll(older)) isGone = older.action === "create";
  };
  for (const entry of story) {
    if (entry.type === "run") segment.push(entry);
    else {
      close(entry.delivery);
      told.push(entry);
    }
  }
  close();
  return told;
}

/**
 * @param isCertain What is told of before and after these runs is the group's own, so that it has left in one
 * of them.
 * @param wasForgotten If none of them forgot it, it was gone before.
 */
function settleGone(
  runs: readonly RunEntry[],
  isCertain: boolean,
  wasForgotten: boolean,
): RunEntry[] {
  const left = runs.filter(({ decision }) => decision === "unchanged_or_gone");
  const [last] = left;
  // It may have been one that died, of which nothing was added up.
  const isComplete = isCertain && runs.every(({ decision }) => decision !== "not_tried");
  const isOnlyOne = isComplete && left.length === 1 && last?.runs === 1;
  return runs.map((entry) => {
    const isAfter = last ? entry.runId > last.runId : wasForgotten;
    if (isAfter && entry.decision === "unchanged") {
      return { ...entry, decision: "gone", detail: "not in the query" };
    }
    if (entry !== last || !isOnlyOne) return entry;
    return { ...entry, decision: "left", detail: "not in the query any more" };
  });
}

function toEntry(
  step: StoryStep,
  before: DeliveryRow | undefined,
  after: DeliveryRow | undefined,
  facts: StoryFacts,
): RunEntry {
  const { run_id: runId } = step;
  return {
    type: "run",
    runId,
    firstRunId: runId,
    runs: 1,
    ...decideRun(step, before, after, facts),
  };
}

function addRun(story: StoryEntry[], entry: RunEntry): void {
  const last = story.at(-1);
  const isSame = last?.type === "run" && last.decision === entry.decision &&
    last.detail === entry.detail;
  if (!isSame) return void story.push(entry);
  last.firstRunId = entry.firstRunId;
  last.runs += entry.runs;
}
