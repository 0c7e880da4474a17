/**
 * Reads from a run's events what it did, so that no figure is taken of work that was not done.
 *
 * @module
 */
import type { ModelFinished } from "~/run/run_event.ts";
import type { SpoorRun } from "./bench.ts";

/** How a model ended in this run. */
export function finished(run: SpoorRun, model: string): ModelFinished {
  for (const { event } of run.events) {
    if (event.type === "model_finished" && event.model === model) return event;
  }
  throw new Error(`Cannot find how ${model} ended: the run printed no such event`);
}

/** Fails unless every named model ended with this status. */
export function expectStatus(
  run: SpoorRun,
  status: ModelFinished["status"],
  ...models: string[]
): void {
  for (const model of models) {
    const event = finished(run, model);
    if (event.status === status) continue;
    throw new Error(
      `Cannot use this run: ${model} is "${event.status}" (${event.reason}), not "${status}"`,
    );
  }
}

/** Fails unless the tracked model acknowledged exactly this many groups. */
export function expectSaved(run: SpoorRun, model: string, groups: number): void {
  const saved = finished(run, model).delivery?.saved;
  if (saved === groups) return;
  throw new Error(`Cannot use this run: ${model} acknowledged ${saved} groups, not ${groups}`);
}

/**
 * From the first word of sending to the model's end, as both arrived here; from the model's start
 * where it sent too little to speak of it.
 */
export function sendingMs(run: SpoorRun, model: string): number {
  const of = run.events.filter(({ event }) => "model" in event && event.model === model);
  const first =
    of.find(({ event }) => event.type === "model_progress" && event.phase === "sending") ??
      of.find(({ event }) => event.type === "model_started");
  const last = of.find(({ event }) => event.type === "model_finished");
  if (first === undefined || last === undefined) {
    throw new Error(`Cannot time ${model}: the run did not say when it started or ended`);
  }
  return last.atMs - first.atMs;
}
