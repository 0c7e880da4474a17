/**
 * A run read from its `--json`: how each model ended, as a program would see it.
 *
 * @module
 */
import type { ModelFinished, RunEvent, RunFinished } from "~/run/run_event.ts";
import type { SpoorResult } from "./spoor.ts";
import type { TempProject } from "./temp_project.ts";

/** One run. */
export interface RunSteps extends SpoorResult {
  events: readonly RunEvent[];
  /** Model → how it ended. */
  steps: Readonly<Record<string, ModelFinished>>;
  /** Model → its status. */
  statuses: Readonly<Record<string, string>>;
  finished: RunFinished | undefined;
}

/** Runs the project by `spoor run --json …`. */
export async function runSteps(project: TempProject, args = ""): Promise<RunSteps> {
  const result = await project.run(["run", "--json", ...args.split(" ").filter(Boolean)]);
  return { ...result, ...readEvents(result.stdout) };
}

/** Reads what `--json` has printed. */
export function readEvents(stdout: string): Omit<RunSteps, keyof SpoorResult> {
  const events = stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line) as RunEvent);
  const ended = events.filter((event) => event.type === "model_finished");
  return {
    events,
    steps: Object.fromEntries(ended.map((event) => [event.model, event])),
    statuses: Object.fromEntries(ended.map((event) => [event.model, event.status])),
    finished: events.find((event) => event.type === "run_finished"),
  };
}

/** Names of the models that ran and changed their target, sorted. */
export function changedModels({ steps }: RunSteps): string[] {
  return Object.values(steps).filter((step) => step.changed).map((step) => step.model).sort();
}

/** Names of the models that ran, whatever came of it, sorted. */
export function ranModels({ steps }: RunSteps): string[] {
  return Object.values(steps).filter((step) => ["ok", "failed"].includes(step.status))
    .map((step) => step.model).sort();
}
