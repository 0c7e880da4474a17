/**
 * Where the workers' entry files are: beside the sources under `deno run`, beside the main
 * bundle in the compiled binary. `scripts/compile.ts` makes the bundles from the same table.
 *
 * @module
 */

/** Each worker's entry, from the repository's root and without its ending. */
export const WORKER_ENTRIES = {
  engine: "src/run/engine/engine_entry",
  guest: "src/sandbox/guest/entry",
  egress: "src/sandbox/egress/entry",
  practice: "src/practice/entry",
} as const;

/** What a worker is for. */
export type WorkerRole = keyof typeof WORKER_ENTRIES;

/** A bundler inlines this file into one that lies at the root of the bundle, beside `src/`. */
const IN_SOURCE = import.meta.url.endsWith("/src/sandbox/worker_url.ts");

/** The URL to start a worker of Spoor's own from. */
export function workerUrl(name: WorkerRole): URL {
  const entry = WORKER_ENTRIES[name];
  return IN_SOURCE
    ? new URL(`../../${entry}.ts`, import.meta.url)
    : new URL(`./${entry}.js`, import.meta.url);
}
