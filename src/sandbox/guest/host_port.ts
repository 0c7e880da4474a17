/**
 * The guest's one way to the host: messages in arrays, calls with answers.
 *
 * All messages of one turn go out in one `postMessage`, because a post costs more than what it
 * carries. A microtask ends the turn: continuations of calls that were answered together send
 * together, and a timer or `setImmediate` would first have to load Node's timers (14 ms).
 *
 * The raw port is a private field and is never handed out.
 *
 * @module
 */
import type { GuestMessage, HostMessage } from "~/sandbox/protocol.ts";
import { hostError } from "./host_error.ts";

/** An answer of the host, by its type. */
export type HostAnswer<Type extends HostMessage["type"]> = Extract<HostMessage, { type: Type }>;

/** A message that is answered; the port numbers it. */
type Call = Extract<GuestMessage, { id: number }>;
type Unnumbered<Message> = Message extends unknown ? Omit<Message, "id"> : never;

interface Waiting {
  expected: HostMessage["type"];
  settle: (answer: HostMessage) => void;
}

/** What the host says unasked. */
export interface HostListener {
  start(message: HostAnswer<"start">): void;
  stop(): void;
}

/** See the module's comment. */
export class HostPort {
  #port: MessagePort;
  #listener: HostListener;
  #queue: GuestMessage[] = [];
  #waiting = new Map<number, Waiting>();
  #idle: (() => void)[] = [];
  #lastId = 0;
  #muted = false;

  constructor(port: MessagePort, listener: HostListener) {
    this.#port = port;
    this.#listener = listener;
    port.onmessage = (event) => {
      for (const message of event.data as HostMessage[]) this.#receive(message);
    };
  }

  /** Sends with all else of this turn. */
  send(message: GuestMessage): void {
    if (this.#muted) return;
    if (this.#queue.length === 0) queueMicrotask(() => this.flush());
    this.#queue.push(message);
  }

  /** Sends what waits now: for a turn that lasts, and messages that are large. */
  flush(): void {
    if (this.#queue.length === 0) return;
    const messages = this.#queue;
    this.#queue = [];
    this.#port.postMessage(messages);
  }

  /** Sends the model's end; nothing more leaves after it. */
  sendLast(message: GuestMessage): void {
    this.send(message);
    this.flush();
    this.#muted = true;
  }

  /** Asks for a number for the next call; only a query must know its own beforehand. */
  nextId(): number {
    return ++this.#lastId;
  }

  /**
   * Sends a message and waits for its answer.
   *
   * @throws What the host answers instead, as an error whose stack shows where the model waits.
   */
  async call<Type extends HostMessage["type"]>(
    expected: Type,
    message: Unnumbered<Call>,
    id = this.nextId(),
  ): Promise<HostAnswer<Type>> {
    const answer = await new Promise<HostMessage>((settle) => {
      this.#waiting.set(id, { expected, settle });
      this.send({ ...message, id } as GuestMessage);
    });
    if (answer.type === "error") throw hostError(answer.error);
    return answer as HostAnswer<Type>;
  }

  /** Resolves once no call waits for its answer. */
  async idle(): Promise<void> {
    while (this.#waiting.size > 0) {
      await new Promise<void>((resolve) => this.#idle.push(resolve));
    }
  }

  #receive(message: HostMessage): void {
    if (message.type === "start") return this.#listener.start(message);
    if (message.type === "stop") return this.#listener.stop();
    const waiting = this.#waiting.get(message.id);
    if (!waiting || (message.type !== waiting.expected && message.type !== "error")) return;
    this.#waiting.delete(message.id);
    waiting.settle(message);
    if (this.#waiting.size > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
