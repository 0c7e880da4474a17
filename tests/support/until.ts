/**
 * Waits for what has to come, where nothing tells of it.
 *
 * @module
 */

/** Longer than anything takes: it is there for what never comes, not for a machine that is busy. */
const LONGEST_MS = 60_000;

/**
 * Looks again and again until it holds.
 *
 * @param what For the error: "models that were ended are gone".
 */
export async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + LONGEST_MS;
  while (!await holds()) {
    if (performance.now() > deadline) throw new Error(`Not within ${LONGEST_MS} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
