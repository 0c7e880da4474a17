/**
 * What a run says of itself when all its models have ended.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { Graph } from "~/dag/graph.ts";
import type { PlannedRequests } from "~/plan/planned_requests.ts";
import { countHeldBack } from "~/store/changes/held_back.ts";
import { hasSentBefore } from "~/store/runs.ts";
import { heldBackOf } from "./earlier/held_back.ts";
import type { StepCounts } from "./models/run_models.ts";
import type { RunFinished } from "./run_event.ts";
import type { RunSums } from "./run_sums.ts";

/** A run whose models have all ended. */
export interface EndedRun {
  db: DatabaseSync;
  runId: number;
  graph: Graph;
  counts: StepCounts;
  sums: RunSums;
  practice: boolean;
  /** Where a plan was applied. */
  planned: PlannedRequests | undefined;
  /** To be put into `spoor.yaml`, which has none, once something was sent; absent where nothing ever leaves. */
  unnamedProject: string | undefined;
  /** The run's `--timeout`, where that was over. */
  timeoutMs: number | undefined;
  /** Of `performance.now()`. */
  startedAt: number;
}

/** See the module's comment. */
export function describeEnd(run: EndedRun): RunFinished {
  const { db, runId, counts, practice, planned, unnamedProject, timeoutMs } = run;
  const { requests, groups } = run.sums;
  const heldBack = heldBackOf(countHeldBack(db), run.graph.models);
  const isToBeNamed = unnamedProject !== undefined && isFirstToSend(run);
  return {
    type: "run_finished",
    run_id: runId,
    status: statusOf(counts),
    practice,
    elapsed_ms: performance.now() - run.startedAt,
    ...counts,
    requests,
    ...(planned && { planned_requests_left: planned.left }),
    ...(heldBack && { held_back: heldBack }),
    ...(groups && { groups }),
    ...(isToBeNamed && { unnamed_project: unnamedProject }),
    ...(timeoutMs !== undefined && { timeout_ms: timeoutMs }),
  };
}

/** Whether groups were accepted by requests, and in no earlier run. */
function isFirstToSend({ db, runId, sums: { requests, groups } }: EndedRun): boolean {
  return requests.accepted > 0 && (groups?.saved ?? 0) > 0 && !hasSentBefore(db, runId);
}

function statusOf({ failed, blocked, cancelled }: StepCounts): RunFinished["status"] {
  if (failed + blocked > 0) return "failed";
  return cancelled > 0 ? "cancelled" : "ok";
}
