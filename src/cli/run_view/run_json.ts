/**
 * Shows a run to a program: each event as one line of JSON.
 *
 * @module
 */
import type { Output } from "~/cli/output/output.ts";
import type { RunEvent } from "~/run/run_event.ts";

/** So much waits for a reader that is far behind: how far a model has come is then not told every time. */
const FAR_BEHIND_CHARS = 1_000_000;

/** Prints a run's events as they are. */
export function showAsJson(output: Output): (event: RunEvent) => void {
  return (event) => {
    // Each says all that the ones before have said; what waits must not grow as long as nobody reads.
    if (event.type === "model_progress" && output.waitingChars > FAR_BEHIND_CHARS) return;
    output.json(event.type, event);
  };
}
