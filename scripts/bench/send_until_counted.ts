/**
 * A run that sends, believed only when the far side has counted the same.
 *
 * @module
 */
import type { Bench, SpoorRun } from "./bench.ts";
import type { Loopback } from "./loopback.ts";
import { renderAmount } from "./render_line.ts";
import { expectSaved, expectStatus, finished } from "./spoor_events.ts";

/**
 * Runs the project; fails unless exactly this many requests arrived and all groups were acknowledged.
 *
 * @param sending Requests; where they are not one for each group, both.
 */
export async function sendUntilCounted(
  bench: Bench,
  loopback: Loopback,
  project: string,
  model: string,
  sending: number | { requests: number; groups: number },
): Promise<{ run: SpoorRun; note: string }> {
  const { requests, groups } = typeof sending === "number"
    ? { requests: sending, groups: sending }
    : sending;
  await loopback.takeCount();
  const run = await bench.run(project);
  expectStatus(run, "ok", model);
  expectSaved(run, model, groups);
  const counted = await loopback.takeCount();
  if (counted !== requests) {
    throw new Error(`Cannot use this run: ${counted} requests arrived, not ${requests}`);
  }
  return { run, note: describePhases(run, model) };
}

function describePhases(run: SpoorRun, model: string): string {
  const parts = [`the model alone ${renderAmount(finished(run, model).elapsed_ms, "ms")}`];
  if (run.peakMb !== undefined) parts.push(`peak ${renderAmount(run.peakMb, "MB")}`);
  return parts.join(", ");
}
