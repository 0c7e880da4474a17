/**
 * The guest process: a process of its own for one guest worker.
 *
 * Its main thread runs no code of the model. It relays messages and is the worker's warden: it
 * watches time and memory and ends the process, which ends whatever the worker is doing. In the
 * engine's own process that cannot be done: on Deno 2.9.6 `terminate()` does not stop a worker
 * that computes without pause (denoland/deno#35657), so that it burns a core, or takes memory until
 * the whole process is killed; and an error whose getters throw panics the runtime.
 *
 * The process may read Spoor's own files and nothing else; the worker in it has no permission at all.
 *
 * @module
 */
import { FrameWriter, readFrames } from "./guest_frames.ts";
import { workerUrl } from "./worker_url.ts";

/** The hidden first argument that makes a process a guest process. */
export const GUEST_PROCESS = "guest-process";

/** How a guest process tells why it ended. */
export const GuestExit = { memory: 91, time: 92, error: 93 } as const;

/** The first message: the limits of this guest. */
export interface GuestLimits {
  /** By how much the process may grow. */
  memoryMb: number;
  /** How long it may last. */
  lifetimeMs?: number;
}

/** Buffers can grow by 10 MB a millisecond. */
const MEMORY_CHECK_MS = 10;

/** Relays and watches until the other end closes its pipe or a limit is passed. Never returns. */
export async function runGuestProcess(): Promise<never> {
  // Ctrl-C reaches every process of the terminal; when to end is the engine's to say.
  for (const signal of ["SIGINT", "SIGTERM"] as const) ignore(signal);
  const port = startWorker();
  const writer = new FrameWriter<unknown>(Deno.stdout.writable);
  port.onmessage = ({ data }) => writer.write(data);
  let isWatched = false;
  await readFrames(Deno.stdin.readable, (messages) => {
    if (isWatched) return port.postMessage(messages);
    // The limits come first; messages may have come with them.
    const [limits, ...rest] = messages;
    watch(limits as GuestLimits);
    isWatched = true;
    if (rest.length > 0) port.postMessage(rest);
  });
  Deno.exit(0);
}

function startWorker(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(
    workerUrl("guest"),
    // deno-lint-ignore no-explicit-any -- `deno` is an unstable option that the DOM types lack.
    { type: "module", name: "guest", deno: { permissions: "none" } } as any,
  );
  worker.onerror = (event) => {
    event.preventDefault();
    Deno.stderr.writeSync(new TextEncoder().encode(event.message.slice(0, 2_000)));
    Deno.exit(GuestExit.error);
  };
  worker.postMessage({ port: port2 }, [port2]);
  return port1;
}

function watch({ memoryMb, lifetimeMs }: GuestLimits): void {
  const limitBytes = Deno.memoryUsage().rss + memoryMb * 2 ** 20;
  setInterval(() => {
    if (Deno.memoryUsage().rss > limitBytes) Deno.exit(GuestExit.memory);
  }, MEMORY_CHECK_MS);
  if (lifetimeMs !== undefined) setTimeout(() => Deno.exit(GuestExit.time), lifetimeMs);
}

function ignore(signal: "SIGINT" | "SIGTERM"): void {
  // Windows knows no SIGTERM, and has no way to send one.
  if (signal === "SIGTERM" && Deno.build.os === "windows") return;
  Deno.addSignalListener(signal, () => {});
}
