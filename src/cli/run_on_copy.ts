/**
 * Runs what works on a private copy of the state: a plan is made, or one is applied. Whatever ends it, the
 * copy is gone afterwards.
 *
 * @module
 */
import { UserError } from "~/base/user_error.ts";
import type { PlanDocument } from "~/plan/plan_document.ts";
import { runProject } from "~/run/engine/run_project.ts";
import type { RunEvent, RunFinished } from "~/run/run_event.ts";
import type { RunRequest } from "~/run/run_request.ts";
import { stateFilePath, type StateMigration } from "~/store/file/open_state.ts";
import { removeStateCopy } from "~/store/file/state_copy.ts";
import type { Output } from "./output/output.ts";
import { hearStopSignals } from "./stop_signals.ts";

/** Who hears of the run. */
export interface RunListener {
  onEvent: (event: RunEvent) => void;
  onPlan: (plan: PlanDocument) => void;
  onMigrate: (migration: StateMigration) => void;
  /** The first Ctrl-C. */
  onStop: () => void;
}

/** @returns The last event; `undefined`: ended at once by a second Ctrl-C. */
export async function runOnCopy(
  request: RunRequest,
  output: Output,
  { onEvent, onStop, ...hearer }: RunListener,
): Promise<RunFinished | undefined> {
  using signals = hearStopSignals();
  signals.stop.addEventListener("abort", onStop);
  const copyName = crypto.randomUUID();
  try {
    return await output.withoutWaiting(signals, () =>
      Promise.race([
        runProject({ ...request, copyName }, onEvent, signals.stop, hearer),
        signals.endNow.then(() => undefined),
      ]));
  } finally {
    // The engine does so itself, unless it was ended.
    for (const practice of [false, true]) {
      const path = findStatePath(request.project, practice);
      if (path !== undefined) removeStateCopy(path, copyName);
    }
  }
}

/** `undefined`: a link that leads nowhere; beside it no copy was made. */
function findStatePath(root: string, practice: boolean): string | undefined {
  try {
    return stateFilePath(root, practice);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
