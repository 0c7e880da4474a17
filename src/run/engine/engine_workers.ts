/**
 * The engine's way to workers: it asks the main thread, which alone starts and ends them.
 *
 * @module
 */
import type { WorkerSpec } from "~/sandbox/supervisor.ts";
import type { FromEngine } from "./engine_protocol.ts";

/** A worker as the engine holds it. */
export interface EngineWorker {
  port: MessagePort;
  end(): void;
}

/** See the module's comment. */
export class EngineWorkers {
  #nextId = 1;
  #onFailure = new Map<number, (message: string) => void>();

  constructor(private readonly post: (message: FromEngine, transfer?: Transferable[]) => void) {}

  /** Starts a worker. `onFailure`: it has ended though nobody asked it to. */
  start(spec: Omit<WorkerSpec, "id">, onFailure: (message: string) => void): EngineWorker {
    const id = this.#nextId++;
    const { port1, port2 } = new MessageChannel();
    this.#onFailure.set(id, onFailure);
    this.post({ type: "spawn", spec: { ...spec, id }, port: port2 }, [port2]);
    return {
      port: port1,
      end: () => {
        if (!this.#onFailure.delete(id)) return;
        port1.close();
        this.post({ type: "end", id });
      },
    };
  }

  /** The main thread says that a worker has failed. */
  handleFailure(id: number, message: string): void {
    const onFailure = this.#onFailure.get(id);
    this.#onFailure.delete(id);
    onFailure?.(message);
  }
}
