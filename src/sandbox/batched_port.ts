/**
 * A MessagePort that carries arrays: all that one turn of the event loop sends goes out in one
 * `postMessage`, because a post costs more than what it carries.
 *
 * `setImmediate` closes a turn. A timer of zero would cost a millisecond a turn, ten times the rest.
 *
 * @module
 */
import { setImmediate } from "node:timers";

/** One end of a port between trusted and untrusted code; `In` is only what the other end claims. */
export class BatchedPort<In, Out> {
  #queue: Out[] = [];
  #transfer: Transferable[] = [];
  #closed = false;

  constructor(
    readonly port: MessagePort,
    onMessages: (messages: readonly In[]) => void,
  ) {
    port.onmessage = (event) => {
      if (Array.isArray(event.data)) onMessages(event.data);
    };
  }

  /** Sends with all else of this turn. `transfer`: buffers that move instead of being copied. */
  send(message: Out, transfer: readonly Transferable[] = []): void {
    if (this.#closed) return;
    if (this.#queue.length === 0) setImmediate(() => this.#flush());
    this.#queue.push(message);
    this.#transfer.push(...transfer);
  }

  /** Closes the port; what waits to be sent is dropped. */
  close(): void {
    this.#closed = true;
    this.port.close();
  }

  #flush(): void {
    if (this.#closed) return;
    const messages = this.#queue;
    const transfer = this.#transfer;
    this.#queue = [];
    this.#transfer = [];
    this.port.postMessage(messages, transfer);
  }
}
