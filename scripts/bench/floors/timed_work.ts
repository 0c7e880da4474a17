// deno-lint-ignore-file no-console
/**
 * How floor programs tell how long their work took.
 *
 * @module
 */

/** Runs the work and prints its milliseconds as the last line. */
export async function timedWork(work: () => void | Promise<void>): Promise<void> {
  const startedMs = performance.now();
  await work();
  console.log(String(performance.now() - startedMs));
}
