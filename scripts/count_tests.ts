/**
 * Reads how many tests passed from what `deno test` prints.
 *
 * @module
 */

/** Tests by how they ended. */
export interface Tally {
  passed: number;
  failed: number;
  ignored: number;
  /** Not among those that `--filter` asks for. */
  filteredOut: number;
}

/**
 * Counts the tests of one `deno test`.
 *
 * @example
 * ```ts
 * import { countTests } from "./count_tests.ts";
 * import assert from "node:assert/strict";
 *
 * const output = "FAILED | 3 passed (2 steps) | 1 failed | 4 ignored (2s)";
 * assert.deepEqual(countTests(output, false), {
 *   ...{ passed: 3, failed: 1, ignored: 4, filteredOut: 0 },
 * });
 * ```
 *
 * @param output All that it printed, without colours.
 * @param success Whether its exit code was 0. A run that failed without a failed test (a file
 * that does not load, say) counts as one failure; so does one that has no summary.
 */
export function countTests(output: string, success: boolean): Tally {
  const summary = [...output.matchAll(/^(?:ok|FAILED) \| (.*)$/gm)].at(-1)?.[1];
  if (summary === undefined) return { passed: 0, failed: 1, ignored: 0, filteredOut: 0 };
  const count = (word: string) => Number(new RegExp(`(\\d+) ${word}`).exec(summary)?.[1] ?? 0);
  const failed = count("failed");
  return {
    passed: count("passed"),
    failed: success ? failed : Math.max(failed, 1),
    ignored: count("ignored"),
    filteredOut: count("filtered out"),
  };
}
