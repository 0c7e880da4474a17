/**
 * When a try may begin: all requests of a model wait together while its far side asks for it, and none
 * begins any more once a host is down.
 *
 * The decisions are those of `delivery`; here are the timers and the queue.
 *
 * @module
 */
import {
  FAILURES_UNTIL_DOWN,
  FarSideHealth,
  type RequestEnd,
  type RequestSpan,
} from "~/delivery/far_side_health.ts";
import { SlowDown } from "~/delivery/slow_down.ts";
import { EgressFailure, type Wording } from "~/sandbox/egress/egress_failure.ts";

/** How long a pause, or the next try, is waited for when the run stops. */
const STOP_GRACE_MS = 1_000;

/** What of a request tells whether its host is down. */
export interface EndedRequest {
  host: string;
  /** All that it is about had no answer in an earlier run. */
  isRepeat: boolean;
}

/** See the module's comment. */
export class Pacer {
  #slowDown = new SlowDown();
  #health = new FarSideHealth();
  #inFlight = 0;
  /** In the order in which they came. */
  #waiting = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopping = new AbortController();
  #down: EgressFailure | undefined;
  /** Told once, when no request may begin any more. */
  #onDown = new Set<() => void>();

  constructor(private readonly random: () => number) {}

  /** Why no request may begin any more. */
  get down(): EgressFailure | undefined {
    return this.#down;
  }

  /** Aborted when the run stops: what failed is not tried again. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /**
   * Waits until a try may begin. Each that began is to be ended by {@linkcode leave}.
   *
   * @returns Nothing to wait for: `undefined`. Resolves early when `signal` is aborted.
   * @throws {EgressFailure} A host is down.
   */
  enter(signal: AbortSignal): Promise<void> | undefined {
    if (this.#down) throw this.#down;
    this.#inFlight += 1;
    if (this.#waiting.size === 0 && this.isOpen) return undefined;
    this.#inFlight -= 1;
    return this.#wait(signal);
  }

  /** Whether those that are in flight may be. */
  get isOpen(): boolean {
    return performance.now() >= this.#slowDown.resumeAtMs &&
      this.#inFlight <= this.#slowDown.limit;
  }

  /** A try has ended, or did not begin after all. */
  leave(): void {
    this.#inFlight -= 1;
    this.#admit();
  }

  /** The far side says that this try was one too many; call before it leaves. */
  refused(beganAtMs: number, retryAfterMs: number | undefined): void {
    const nowMs = performance.now();
    this.#slowDown.refused(beganAtMs, nowMs, this.#inFlight, this.random, retryAfterMs);
    if (this.stopping.aborted) this.#closeIfPaused();
  }

  succeeded(beganAtMs: number): void {
    this.#slowDown.succeeded(beganAtMs);
  }

  /** The run stops: tries that are out end by themselves, and after a short while no further one begins. */
  stop(): void {
    setTimeout(() => {
      this.#stopping.abort();
      this.#closeIfPaused();
    }, STOP_GRACE_MS);
  }

  #closeIfPaused(): void {
    if (performance.now() >= this.#slowDown.resumeAtMs) return;
    this.close("The run was stopped while the far side asked to wait");
  }

  /** A request has ended for good. */
  ended(
    { host, isRepeat }: EndedRequest,
    end: RequestEnd,
    span: RequestSpan,
    reason: Wording,
  ): void {
    if (!this.#health.note(host, end, span, isRepeat)) return;
    const failed = `the last ${FAILURES_UNTIL_DOWN} requests failed`;
    if (end !== "locked_out") {
      return this.close((shown) => `Cannot reach "${host}": ${failed} (${reason(shown)})`);
    }
    this.close(
      (shown) =>
        `Cannot send to "${host}": it does not know who asks; ${failed} (${reason(shown)})`,
      "See whether the secret or the login that the model uses still holds, and run again: " +
        "what was not sent comes then.",
    );
  }

  /** No request begins any more. */
  close(
    message: string | Wording,
    hint = "See whether the service works, and run again: what was not sent comes then.",
  ): void {
    if (this.#down) return;
    this.#down = new EgressFailure("down", message, { hint });
    for (const tell of [...this.#onDown]) tell();
    this.#admit();
  }

  /** Calls when a host is down; returns the end of it. */
  watch(onDown: () => void): () => void {
    this.#onDown.add(onDown);
    return () => void this.#onDown.delete(onDown);
  }

  async #wait(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const begin = () => {
      this.#waiting.delete(begin);
      this.#inFlight += 1;
      resolve();
    };
    this.#waiting.add(begin);
    signal.addEventListener("abort", begin, { once: true });
    this.#admit();
    await promise;
    signal.removeEventListener("abort", begin);
    if (!this.#down) return;
    this.leave();
    throw this.#down;
  }

  /** Lets those begin that may, and looks again when the pause is over. */
  #admit(): void {
    if (this.#waiting.size === 0) return;
    const pauseMs = this.#slowDown.resumeAtMs - performance.now();
    if (!this.#down && pauseMs > 0) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#admit(), Math.ceil(pauseMs));
      return;
    }
    for (const begin of [...this.#waiting]) {
      if (!this.#down && this.#inFlight >= this.#slowDown.limit) return;
      begin();
    }
  }
}
