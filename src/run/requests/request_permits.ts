/**
 * The permits of one model's requests: each try has its place in the queue of the model's rate limit,
 * and gives it up when its request ends.
 *
 * @module
 */
import type { RateLimiter } from "./rate_limits.ts";

/** How long a request waits for its permit when the run stops. */
const STOP_GRACE_MS = 1_000;

/** See the module's comment. Requests go by their numbers. */
export class RequestPermits {
  /** Request that waits for a permit → gives up its place. */
  #asked = new Map<number, () => void>();
  /** Request → the grant of its try, and whether it may arrive late: until an answer came, connections are made. */
  #out = new Map<number, { grant: number; isLate: boolean }>();
  #isWarm = false;

  /**
   * @param stop Aborted by Ctrl-C.
   * @param answer Tells the egress worker that a request may try, or why it may not.
   */
  constructor(
    private readonly limiter: RateLimiter,
    private readonly stop: AbortSignal,
    private readonly answer: (request: number, refusal?: string) => void,
  ) {
    stop.addEventListener("abort", () => {
      for (const request of this.#asked.keys()) this.#refuseSoon(request);
    });
  }

  /** A request wants to try; what it tried before has ended. */
  ask(request: number): void {
    this.#noteArrival(request);
    const giveUp = this.limiter.ask((grant, refusal) => {
      this.#asked.delete(request);
      if (refusal === undefined) this.#out.set(request, { grant, isLate: !this.#isWarm });
      this.answer(request, refusal);
    });
    this.#asked.set(request, giveUp);
    if (this.stop.aborted) this.#refuseSoon(request);
  }

  /** A try that was let through is sent. */
  sent(request: number): void {
    const out = this.#out.get(request);
    if (out !== undefined) this.limiter.sent(out.grant);
  }

  /** A request has ended. */
  end(request: number): void {
    this.#noteArrival(request);
    this.#giveUp(request);
  }

  /** Nobody waits any more. */
  dispose(): void {
    for (const request of [...this.#asked.keys()]) this.#giveUp(request);
    // Nothing is sent any more: what was let through must not keep others waiting.
    for (const { grant } of this.#out.values()) this.limiter.sent(grant);
  }

  #giveUp(request: number): boolean {
    this.#asked.get(request)?.();
    return this.#asked.delete(request);
  }

  #noteArrival(request: number): void {
    const out = this.#out.get(request);
    if (out === undefined) return;
    this.#out.delete(request);
    this.#isWarm = true;
    this.limiter.arrived(out.grant, out.isLate);
  }

  /** A run that stops finishes what it has begun, and does not wait for a window that may be an hour. */
  #refuseSoon(request: number): void {
    this.limiter.time.after(STOP_GRACE_MS, () => {
      if (!this.#giveUp(request)) return;
      this.answer(request, "The run was stopped while the request waited for its @rate_limit");
    }, true);
  }
}
