/**
 * The guest process: a process of its own for one guest worker.
 *
 * Its main thread runs no code of the model and passes nothing on: the worker reads and writes the
 * process's pipes by itself, which needs no permission. The main thread is the worker's warden: it
 * watches time and memory and ends the process, which ends whatever the worker is doing. In the
 * engine's own process that cannot be done: on Deno 2.9.6 `terminate()` does not stop a worker
 * that computes without pause (denoland/deno#35657), so that it burns a core, or takes memory until
 * the whole process is killed; and an error whose getters throw panics the runtime.
 *
 * The process may read Spoor's own files and nothing else; the worker in it has no permission at all.
 *
 * @module
 */
import { workerUrl } from "./worker_url.ts";

/** The hidden first argument that makes a process a guest process. */
export const GUEST_PROCESS = "guest-process";

/** How a guest process tells why it ended. */
export const GuestExit = { memory: 91, time: 92, error: 93 } as const;

/** The limits of this guest; arguments of its process. */
export interface GuestLimits {
  /** By how much the process may grow. */
  memoryMb: number;
  /** How long it may last. */
  lifetimeMs?: number;
}

/** Buffers can grow by 10 MB a millisecond. */
const WATCH_EVERY_MS = 10;

/** Watches until the engine is gone or a limit is passed. Never returns. */
export function runGuestProcess(limits: GuestLimits): Promise<never> {
  // Ctrl-C, and its being closed, reach every process of a terminal; when to end is the engine's to say.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) ignore(signal);
  startWorker();
  watch(limits);
  return new Promise(() => {});
}

function startWorker(): void {
  const worker = new Worker(
    workerUrl("guest"),
    // deno-lint-ignore no-explicit-any -- `deno` is an unstable option that the DOM types lack.
    { type: "module", name: "guest", deno: { permissions: "none" } } as any,
  );
  // The worker's one message: the engine has closed its end.
  worker.onmessage = () => Deno.exit(0);
  worker.onerror = (event) => {
    event.preventDefault();
    Deno.stderr.writeSync(new TextEncoder().encode(event.message.slice(0, 2_000)));
    Deno.exit(GuestExit.error);
  };
}

function watch({ memoryMb, lifetimeMs }: GuestLimits): void {
  const limitBytes = Deno.memoryUsage().rss + memoryMb * 2 ** 20;
  const engine = Deno.ppid;
  setInterval(() => {
    if (Deno.memoryUsage().rss > limitBytes) Deno.exit(GuestExit.memory);
    // A worker that computes without pause does not see its pipe close. (Windows keeps the number.)
    if (Deno.ppid !== engine) Deno.exit(0);
  }, WATCH_EVERY_MS);
  if (lifetimeMs !== undefined) setTimeout(() => Deno.exit(GuestExit.time), lifetimeMs);
}

function ignore(signal: "SIGINT" | "SIGTERM" | "SIGHUP"): void {
  // Windows knows no SIGTERM, and has no way to send one; a window that is closed ends its programs there.
  if (signal !== "SIGINT" && Deno.build.os === "windows") return;
  Deno.addSignalListener(signal, () => {});
}
