/**
 * The exchange with a model's egress worker: requests go there, and their ends, permits and tokens come back.
 *
 * Each request gets an end, also where the worker stops, or the model ends before it.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import type { EngineWorker } from "~/run/engine/engine_workers.ts";
import { BatchedPort } from "~/sandbox/batched_port.ts";
import type {
  EgressRequest,
  EgressResponse,
  EgressStart,
  FromEgress,
  ToEgress,
} from "~/sandbox/protocol.ts";
import { GuestTokens, type TokenMessage } from "./guest_tokens.ts";
import type { RateLimiter } from "./rate_limits.ts";
import { withoutAnswer } from "./request_end.ts";
import { RequestPermits } from "./request_permits.ts";
import type { TokenKeeper } from "./token_keeper.ts";

/** What the exchange needs from its run. */
export interface EgressExchangeContext {
  start: EgressStart;
  startWorker: (onFailure: (message: string) => void) => EngineWorker;
  tokens: TokenKeeper;
  /** Lets tries through, where the model has a limit. */
  rateLimiter?: RateLimiter;
  /** Aborted by Ctrl-C. */
  stop: AbortSignal;
}

/** So long the worker may take to cut off what is out: it answers at once, where it is not busy. */
const END_GRACE_MS = 2_000;
const NO_ANSWER_KNOWN = "The model ended, and no answer is known";

/** See the module's comment. */
export class EgressExchange {
  /** `http.oauth`. */
  readonly tokens: GuestTokens;
  #nextId = 1;
  #worker: EngineWorker | undefined;
  #port: BatchedPort<FromEgress, ToEgress> | undefined;
  #waiting = new Map<number, (response: EgressResponse) => void>();
  #permits: RequestPermits | undefined;
  /** Why the worker is no more: nothing would answer a request. */
  #stopped: string | undefined;
  /** Set when the model has ended: called once nothing waits any more. */
  #ending: (() => void) | undefined;
  /** Guest's number of a request → ours. */
  #ids = new Map<number, number>();

  constructor(private readonly context: EgressExchangeContext) {
    this.tokens = new GuestTokens(context.tokens);
    const { rateLimiter, stop } = context;
    stop.addEventListener("abort", () => this.#port?.send({ type: "stop" }));
    if (!rateLimiter) return;
    this.#permits = new RequestPermits(rateLimiter, stop, (id, refusal) => {
      this.#port?.send({ type: "permit", id, ...(refusal !== undefined && { refusal }) });
    });
  }

  /** The model has ended: nothing leaves any more, and nobody is there who would be told. */
  get hasEnded(): boolean {
    return this.#ending !== undefined;
  }

  /** Hands a request to the worker and gives its end. */
  send(guestId: number, request: EgressRequest): Promise<EgressResponse> {
    const stopped = this.#ending ? "The model had ended" : this.#stopped;
    if (stopped !== undefined) return Promise.resolve(stoppedBefore(stopped));
    const port = this.open();
    const id = this.#nextId++;
    this.#ids.set(guestId, id);
    return new Promise<EgressResponse>((resolve) => {
      this.#waiting.set(id, (response) => {
        this.#ids.delete(guestId);
        resolve(response);
      });
      port.send({ type: "request", id, request });
    });
  }

  /** Nobody waits for a request any more. */
  abort(guestId: number): void {
    const id = this.#ids.get(guestId);
    if (id !== undefined) this.#port?.send({ type: "abort", id });
  }

  /** The worker is started when it is known to be needed: a run in which nothing changed needs none. */
  open(): BatchedPort<FromEgress, ToEgress> {
    if (this.#port) return this.#port;
    this.#worker = this.context.startWorker((message) => this.#handleFailure(message));
    this.#port = new BatchedPort<FromEgress, ToEgress>(this.#worker.port, (messages) => {
      for (const message of messages) this.#receive(message);
    });
    const port = this.#port;
    const needsPermits = this.#permits !== undefined;
    port.send({
      type: "start",
      start: { ...this.context.start, ...(needsPermits && { needsPermits }) },
    });
    this.tokens.connect((message) => port.send(message));
    return port;
  }

  /**
   * The model has ended: nothing leaves any more. What is out is cut off, and its end is told like any other: the
   * far side has it. Not so in a plan, where nothing leaves. A token that is being renewed is waited for: many
   * services have taken back the old one by then.
   */
  async end(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ending = resolve;
    this.#permits?.dispose();
    if (this.#waiting.size > 0 && !this.context.start.plan) {
      this.#port?.send({ type: "end" });
      const timer = setTimeout(() => this.#settleAll(NO_ANSWER_KNOWN), END_GRACE_MS);
      await promise;
      clearTimeout(timer);
    }
    await this.tokens.end();
    this.dispose();
  }

  dispose(): void {
    this.tokens.dispose();
    this.#permits?.dispose();
    this.#port?.close();
    this.#worker?.end();
  }

  #receive(message: FromEgress): void {
    if (message.type === "permit") this.#askPermit(message.id);
    else if (message.type === "sent") this.#permits?.sent(message.id);
    else if (message.type === "response") this.#settle(message.id, message.response);
    else this.#receiveToken(message);
  }

  #askPermit(id: number): void {
    if (!this.#ending) this.#permits?.ask(id);
  }

  /** A failure here is one of the state file: every request that waits ends with it. */
  #receiveToken(message: TokenMessage): void {
    this.tokens.receive(message).catch((error) => this.#handleFailure(String(error)));
  }

  #settle(id: number, response: EgressResponse): void {
    this.#permits?.end(id);
    const resolve = this.#waiting.get(id);
    this.#waiting.delete(id);
    resolve?.(response);
    // After all that was just set going has been written down.
    if (this.#waiting.size === 0 && this.#ending) setImmediate(this.#ending);
  }

  #handleFailure(message: string): void {
    this.#stopped ??= `The worker that sends requests has stopped: ${message}`;
    this.tokens.dispose();
    this.#settleAll(this.#stopped);
  }

  /** Nothing more will be heard of what waits, and it may have left. */
  #settleAll(message: string): void {
    for (const id of [...this.#waiting.keys()]) {
      this.#settle(id, withoutAnswer(1, { kind: "broken", message }));
    }
  }
}

/** Nothing was sent, and nothing will be: the model ends. */
function stoppedBefore(message: string): EgressResponse {
  const hint = "Run again: what was not sent comes with the next run.";
  return withoutAnswer(0, { kind: "down", message, hint });
}
