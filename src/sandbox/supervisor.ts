/**
 * The supervisor: starts and ends the workers of this process. Runs on the main thread, which
 * executes no SQL, so that it always works. Guests are not among them: they are processes of their
 * own (`guest_link.ts`).
 *
 * @module
 */
import { type WorkerRole, workerUrl } from "./worker_url.ts";

/** What a worker is to be. */
export interface WorkerSpec {
  id: number;
  role: Exclude<WorkerRole, "guest">;
  /** For messages. */
  label: string;
  /** Egress only: its net permission. */
  net?: readonly string[];
}

/** See the module's comment. */
export class Supervisor implements Disposable {
  #workers = new Map<number, Worker>();

  /** @param onFailure A worker has thrown what nothing in it caught, and is ended. */
  constructor(private readonly onFailure: (id: number, message: string) => void) {}

  /** Starts a worker and hands it `port`, its only way to talk. */
  start(spec: WorkerSpec, port: MessagePort): void {
    const worker = new Worker(
      workerUrl(spec.role),
      // deno-lint-ignore no-explicit-any -- `deno` is an unstable option that the DOM types lack.
      { type: "module", name: spec.label, deno: { permissions: permissionsOf(spec) } } as any,
    );
    worker.onerror = (event) => {
      event.preventDefault();
      if (!this.#workers.has(spec.id)) return;
      this.end(spec.id);
      this.onFailure(spec.id, event.message);
    };
    this.#workers.set(spec.id, worker);
    worker.postMessage({ port }, [port]);
  }

  /** Ends a worker; one that is not there any more is no mistake. */
  end(id: number): void {
    this.#workers.get(id)?.terminate();
    this.#workers.delete(id);
  }

  [Symbol.dispose](): void {
    for (const id of [...this.#workers.keys()]) this.end(id);
  }
}

/** What a worker may do; of an egress worker without hosts: nothing. */
export function permissionsOf(
  { role, net = [] }: Pick<WorkerSpec, "role" | "net">,
): Deno.PermissionOptions {
  if (role !== "egress") return "inherit";
  return {
    net: net.length > 0 && [...net],
    read: false,
    write: false,
    env: false,
    run: false,
    ffi: false,
    sys: false,
    import: false,
  };
}
