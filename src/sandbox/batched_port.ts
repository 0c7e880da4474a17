/**
 * A MessagePort that carries arrays: all that one turn of the event loop sends goes out in one
 * `postMessage`, because a post costs more than what it carries.
 *
 * They go as they are: a text, and so a request's body, is copied as it lies in memory. As JSON it would be
 * escaped and read once more on each side, which took four times as long for a body of 18 KB.
 *
 * `setImmediate` closes a turn. A timer of zero would cost a millisecond a turn, ten times the rest.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import type { FromEgress, ToEgress } from "./protocol.ts";

/** Below this copying is cheaper: a post that transfers anything takes Deno's slow way, 60 µs. */
const MIN_TRANSFER_BYTES = 64 * 1_024;

type Message = ToEgress | FromEgress;

/** One end of a port between trusted and untrusted code; `In` is only what the other end claims. */
export class BatchedPort<In extends Message, Out extends Message> {
  #queue: Out[] = [];
  #transfer: ArrayBuffer[] = [];
  #closed = false;

  constructor(
    readonly port: MessagePort,
    onMessages: (messages: readonly In[]) => void,
  ) {
    port.onmessage = ({ data }) => {
      if (Array.isArray(data)) onMessages(data);
    };
  }

  /** Sends with all else of this turn. `buffers` of the message move instead of being copied, if large. */
  send(message: Out, buffers: readonly ArrayBuffer[] = []): void {
    if (this.#closed) return;
    if (this.#queue.length === 0) setImmediate(() => this.#flush());
    this.#queue.push(message);
    for (const buffer of buffers) {
      if (buffer.byteLength >= MIN_TRANSFER_BYTES) this.#transfer.push(buffer);
    }
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
    // Node's layer wraps the method of ports that cross threads, and its wrapper takes the slow way.
    const post = MessagePort.prototype.postMessage;
    if (transfer.length > 0) this.port.postMessage(messages, transfer);
    else post.call(this.port, messages);
  }
}
