/**
 * Shows a run to a program: each event as one line of JSON.
 *
 * @module
 */
import type { Output } from "~/cli/output/output.ts";
import type { RunEvent } from "~/run/run_event.ts";

/** Prints a run's events as they are. */
export function showAsJson(output: Output): (event: RunEvent) => void {
  return (event) => output.json(event.type, event);
}
