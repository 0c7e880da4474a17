/**
 * How V8 is to be started wherever Spoor runs: the compiled program has it built in, `deno.json`'s
 * tasks and the benchmark give it.
 *
 * @module
 */

/**
 * A smaller space for young objects and a heap that may not grow at its ease: V8 otherwise lets
 * garbage pile up to hundreds of megabytes in each thread before it looks for it. Measured on a
 * stream of row blocks: 520 MB became 195 MB, and it was faster. A program cannot set this for
 * itself: V8 reads it once, at its start.
 */
export const V8_FLAGS = "--v8-flags=--max-semi-space-size=8,--max-heap-size=1024";
