/**
 * A model's part in runs as people are told of it: what was recorded, and what was not, as the run was killed or is
 * under way.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { recentSteps, type RunHistoryRow, type StepHistoryRow } from "~/store/history.ts";
import { sumsOfDied } from "~/store/sums_of_died.ts";
import { type UnfinishedStep, unfinishedSteps } from "~/store/unfinished_steps.ts";

/** Its part in one run. */
export type PastStep = StepHistoryRow | UnfinishedStep;

const REASONS: Readonly<Record<string, string>> = {
  died: "the run was killed; its groups were not counted",
  running: "under way; its groups are counted at its end",
};

/** Of one of which is known what it had noted. */
const COUNTED = "the run was killed; counted is what it had noted";

/**
 * Adds what those that were killed had noted of the model's groups.
 *
 * @param steps Of one model.
 */
export function withSumsOfDied(db: DatabaseSync, steps: readonly PastStep[]): PastStep[] {
  const died = steps.filter(isUnfinished).filter(({ status }) => status === "died");
  const sums = sumsOfDied(db, died[0]?.model ?? "", died.map(({ run_id: runId }) => runId));
  return steps.map((step) => {
    const found = isUnfinished(step) ? sums.get(step.run_id) : undefined;
    return found ? { ...step, ...found, reason: COUNTED } : step;
  });
}

function isUnfinished(step: PastStep): step is UnfinishedStep {
  return step.kind === null;
}

/** A run that was killed stands as running until the next one begins. */
export function withDeath<Row extends RunHistoryRow | PastStep>(
  row: Row,
  underWay: number | undefined,
): Row {
  return row.status === "running" && row.run_id !== underWay ? { ...row, status: "died" } : row;
}

/**
 * The last of them, newest first.
 *
 * @param underWay The run that is under way.
 */
export function pastSteps(
  db: DatabaseSync,
  model: string,
  { limit, underWay }: { limit: number; underWay: number | undefined },
): PastStep[] {
  const recorded = recentSteps(db, model, limit);
  const unfinished = unfinishedSteps(db, recorded[0]?.model ?? model, limit)
    .map((step) => withDeath(step, underWay))
    .map((step) => ({ ...step, reason: REASONS[step.status] ?? "" }));
  return [...recorded, ...unfinished].sort((a, b) => b.run_id - a.run_id).slice(0, limit);
}
