/**
 * The supervisor: starts, watches and ends every worker. Runs on the main thread, which executes
 * no SQL and no model, so that its clock always works.
 *
 * Memory: a Deno worker has no heap limit of its own, and an engine that runs out of memory ends
 * the whole process. So the process is measured every few milliseconds while a guest runs, and a
 * guest is ended before it comes to that. (`resourceLimits` of a `node:worker_threads` worker was
 * tried: Deno 2.6.8 ignores it, on 2.9.6 such a worker, started by a worker, takes 600 ms, and
 * neither counts buffers.)
 *
 * @module
 */
import { type WorkerRole, workerUrl } from "./worker_url.ts";

/** What a worker is to be. */
export interface WorkerSpec {
  id: number;
  role: WorkerRole;
  /** For messages. */
  label: string;
  /** Egress only: its net permission. */
  net?: readonly string[];
  /** Ends the worker when it is still there after this time. */
  lifetimeMs?: number;
  /** Guests only: by how much the process may grow while guests run. */
  memoryMb?: number;
}

/** Why a worker ended before it was told to. */
export type WorkerEnd =
  | { reason: "memory"; limitMb: number }
  | { reason: "time"; limitMs: number }
  | { reason: "error"; message: string };

interface Watched {
  spec: WorkerSpec;
  worker: Worker;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** How often memory is read while a guest runs. Buffers can grow by 10 MB a millisecond. */
const MEMORY_CHECK_MS = 10;

/** See the module's comment. */
export class Supervisor implements Disposable {
  #workers = new Map<number, Watched>();
  #watch: ReturnType<typeof setInterval> | undefined;
  #baselineBytes = 0;
  #lastEndedAt = 0;

  constructor(private readonly onEnd: (id: number, end: WorkerEnd) => void) {}

  /** Starts a worker and hands it `port`, its only way to talk. */
  start(spec: WorkerSpec, port: MessagePort): void {
    const worker = new Worker(
      workerUrl(spec.role),
      // deno-lint-ignore no-explicit-any -- `deno` is an unstable option that the DOM types lack.
      { type: "module", name: spec.label, deno: { permissions: permissionsOf(spec) } } as any,
    );
    const timer = spec.lifetimeMs === undefined ? undefined : setTimeout(
      () => this.#end(spec.id, { reason: "time", limitMs: spec.lifetimeMs ?? 0 }),
      spec.lifetimeMs,
    );
    worker.onerror = (event) => {
      event.preventDefault();
      this.#end(spec.id, { reason: "error", message: event.message });
    };
    this.#workers.set(spec.id, { spec, worker, timer });
    worker.postMessage({ port }, [port]);
    if (spec.role === "guest") this.#watchMemory();
  }

  /** Ends a worker; one that is not there any more is no mistake. */
  end(id: number): void {
    const watched = this.#workers.get(id);
    if (!watched) return;
    this.#workers.delete(id);
    if (watched.timer !== undefined) clearTimeout(watched.timer);
    watched.worker.terminate();
    if (!this.#guests().length && this.#watch !== undefined) {
      clearInterval(this.#watch);
      this.#watch = undefined;
    }
  }

  [Symbol.dispose](): void {
    for (const id of [...this.#workers.keys()]) this.end(id);
  }

  #end(id: number, end: WorkerEnd): void {
    if (!this.#workers.has(id)) return;
    this.end(id);
    this.onEnd(id, end);
  }

  #guests(): Watched[] {
    return [...this.#workers.values()].filter((each) => each.spec.role === "guest");
  }

  #watchMemory(): void {
    if (this.#watch !== undefined) return;
    this.#baselineBytes = Deno.memoryUsage().rss;
    this.#watch = setInterval(() => this.#checkMemory(), MEMORY_CHECK_MS);
  }

  /** Ends the youngest guest: the others were there while all was well. */
  #checkMemory(): void {
    const youngest = this.#guests().at(-1);
    const limitMb = youngest?.spec.memoryMb ?? 0;
    const limitBytes = this.#baselineBytes + limitMb * 2 ** 20;
    // The operating system needs a moment to take back what an ended worker held.
    if (Date.now() - this.#lastEndedAt < 250 || Deno.memoryUsage().rss < limitBytes) return;
    if (!youngest || limitMb === 0) return;
    this.#lastEndedAt = Date.now();
    this.#end(youngest.spec.id, { reason: "memory", limitMb });
  }
}

function permissionsOf(spec: WorkerSpec): Deno.PermissionOptions {
  if (spec.role === "guest") return "none";
  if (spec.role === "engine" || spec.role === "practice") return "inherit";
  return {
    net: [...spec.net ?? []],
    read: false,
    write: false,
    env: false,
    run: false,
    ffi: false,
    sys: false,
    import: false,
  };
}
