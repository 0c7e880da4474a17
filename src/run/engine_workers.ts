/**
 * The engine's way to workers: it asks the main thread, which alone starts and ends them.
 *
 * @module
 */
import type { WorkerEnd, WorkerSpec } from "~/sandbox/supervisor.ts";
import type { FromEngine } from "./engine_protocol.ts";

/** A worker as the engine holds it. */
export interface EngineWorker {
  port: MessagePort;
  end(): void;
}

/** See the module's comment. */
export class EngineWorkers {
  #nextId = 1;
  #onEnd = new Map<number, (end: WorkerEnd) => void>();

  constructor(private readonly post: (message: FromEngine, transfer?: Transferable[]) => void) {}

  /** Starts a worker. `onEnd`: it has ended though nobody asked it to. */
  start(spec: Omit<WorkerSpec, "id">, onEnd: (end: WorkerEnd) => void): EngineWorker {
    const id = this.#nextId++;
    const { port1, port2 } = new MessageChannel();
    this.#onEnd.set(id, onEnd);
    this.post({ type: "spawn", spec: { ...spec, id }, port: port2 }, [port2]);
    return {
      port: port1,
      end: () => {
        if (!this.#onEnd.delete(id)) return;
        port1.close();
        this.post({ type: "end", id });
      },
    };
  }

  /** The main thread says that a worker has ended. */
  handleEnd(id: number, end: WorkerEnd): void {
    const onEnd = this.#onEnd.get(id);
    this.#onEnd.delete(id);
    onEnd?.(end);
  }
}
