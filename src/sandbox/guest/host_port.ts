/**
 * The guest's one way to the host: messages in arrays, calls with answers.
 *
 * Messages of one turn go out together, because a post costs more than what it carries; but not too
 * many, so that the host begins its work while the guest goes on with its own. A turn has ended when
 * nothing was sent for some microtasks: those that continue calls which were answered together
 * lie several apart. (A timer or `setImmediate` would first have to load Node's timers, 14 ms.)
 *
 * The raw line is a private field and is never handed out.
 *
 * @module
 */
import type { GuestMessage, HostMessage } from "~/sandbox/protocol.ts";
import { hostError } from "./host_error.ts";
import type { HostLine } from "./host_line.ts";

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

/** Sent at once when so many wait. */
const MAX_QUEUED = 16;
/** Microtasks without a message that end a turn; each costs about 0.1 µs. */
export const QUIET_MICROTASKS = 32;

/** See the module's comment. */
export class HostPort {
  #line: HostLine;
  #listener: HostListener;
  #queue: GuestMessage[] = [];
  #waiting = new Map<number, Waiting>();
  #idle: (() => void)[] = [];
  #lastId = 0;
  #muted = false;

  constructor(line: HostLine, listener: HostListener) {
    this.#line = line;
    this.#listener = listener;
    line.listen((messages) => {
      for (const message of messages) this.#receive(message);
    });
  }

  /** Sends with all else of this turn. */
  send(message: GuestMessage): void {
    if (this.#muted) return;
    this.#queue.push(message);
    if (this.#queue.length === 1) void this.#flushWhenQuiet();
    else if (this.#queue.length >= MAX_QUEUED) this.flush();
  }

  /** Sends what waits now: for a turn that lasts, and messages that are large. */
  flush(): void {
    if (this.#queue.length === 0) return;
    const messages = this.#queue;
    this.#queue = [];
    this.#line.post(messages);
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

  /** Whether no call waits for its answer. */
  get isIdle(): boolean {
    return this.#waiting.size === 0;
  }

  /** Resolves once no call waits for its answer. */
  async idle(): Promise<void> {
    while (this.#waiting.size > 0) {
      await new Promise<void>((resolve) => this.#idle.push(resolve));
    }
  }

  async #flushWhenQuiet(): Promise<void> {
    let length = this.#queue.length;
    for (let quietFor = 0; quietFor < QUIET_MICROTASKS; quietFor++) {
      await undefined;
      if (this.#queue.length === length) continue;
      length = this.#queue.length;
      quietFor = 0;
    }
    this.flush();
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
