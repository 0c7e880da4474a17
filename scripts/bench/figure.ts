/**
 * What a figure of the benchmark is: work that Spoor does, beside the floor under it.
 *
 * The floor is an honest small program that does the same work without Spoor, timed in the same
 * run on the same machine, so that a ratio means the same everywhere.
 *
 * @module
 */
import type { Bench } from "./bench.ts";

/** One entry of `deno task bench`; it may print several lines. */
export interface Figure {
  /** What is typed to choose it: `deno task bench start`. */
  name: string;
  summary: string;
  measure(bench: Bench): AsyncIterable<Line>;
}

/** One line of the table. */
export interface Line {
  work: string;
  unit: "ms" | "MB";
  floor?: number;
  spoor: number;
  target: Target;
  /** Further figures of the same run: a phase alone, the peak of memory. */
  note?: string;
}

/** The line is reached when `spoor <= factor * floor + plus`. */
export interface Target {
  /** How often the floor; 0 where there is none. */
  factor: number;
  /** Allowed beside the floor, in the line's unit. @default 0 */
  plus?: number;
}

/** What is just still allowed, in the line's unit. */
export function allowed({ floor, target }: Line): number {
  return target.factor * (floor ?? 0) + (target.plus ?? 0);
}

/** Whether the line reaches its target. */
export function isReached(line: Line): boolean {
  return line.spoor <= allowed(line);
}
