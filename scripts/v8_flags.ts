/**
 * How V8 is to be started wherever Spoor runs: the compiled program has it built in, `deno.json`'s
 * tasks and the benchmark give it.
 *
 * @module
 */

/**
 * Half of what V8 takes by itself for each thread's young objects. Measured on a sync of 300,000
 * groups: 345 MB became 255 MB, and it was no slower. A program cannot set it for itself: V8 reads
 * it once, at its start.
 */
export const V8_FLAGS = "--v8-flags=--max-semi-space-size=8";
