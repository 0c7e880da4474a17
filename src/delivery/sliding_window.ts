/**
 * A true sliding window: never more than `count` grants in any stretch of time of the window's length.
 *
 * Time goes by a clock that never jumps. What outlives the process are times of the wall clock, which
 * may: a time that lies in the future counts as now, so that no jump back stops anybody for longer than
 * one window; a jump while the process lives is told to the caller, who moves what is recorded.
 *
 * @module
 */
import type { Rate } from "~/base/rate.ts";

/** One moment on both clocks, in milliseconds. */
export interface Moment {
  /** Never jumps: `performance.now()`. */
  steadyMs: number;
  /** What is recorded: `Date.now()`. */
  wallMs: number;
}

/** What {@linkcode SlidingWindow.take} says. */
export type Taken =
  | { granted: true }
  /** Not before so many milliseconds. */
  | { granted: false; waitMs: number };

/**
 * A grant is used a moment after it is given, and the first one of a connection later than those that
 * follow: windows are longer by this part, so that the far side does not count one more.
 */
const MARGIN = 0.01;
const MAX_MARGIN_MS = 1_000;
/** Less is how far apart the two clocks are read, or the wall clock being set gently. */
const JUMP_MS = 5;

/** See the module's comment. */
export class SlidingWindow {
  readonly windowMs: number;
  /** Steady times of the last `count` grants; the oldest is at `#oldest` once it is full. */
  readonly #times: number[];
  #oldest = 0;
  #offsetMs: number;

  /** @param recorded Wall times of grants that an earlier process gave. */
  constructor(private readonly rate: Rate, now: Moment, recorded: readonly number[] = []) {
    this.windowMs = rate.windowMs + Math.ceil(Math.min(rate.windowMs * MARGIN, MAX_MARGIN_MS));
    this.#offsetMs = now.wallMs - now.steadyMs;
    this.#times = recorded
      .map((atMs) => now.steadyMs - Math.max(0, now.wallMs - atMs))
      .toSorted((a, b) => a - b)
      .slice(-rate.count);
  }

  /** Takes a grant, if there is one now. */
  take(steadyMs: number): Taken {
    const isFull = this.#times.length === this.rate.count;
    const oldest = isFull ? this.#times[this.#oldest] ?? 0 : -Infinity;
    const waitMs = Math.ceil(oldest + this.windowMs - steadyMs);
    if (waitMs > 0) return { granted: false, waitMs };
    if (!isFull) this.#times.push(steadyMs);
    else {
      this.#times[this.#oldest] = steadyMs;
      this.#oldest = (this.#oldest + 1) % this.rate.count;
    }
    return { granted: true };
  }

  /** The last `count` grants are used only now: recording them took a while. */
  use(count: number, steadyMs: number): void {
    const { length } = this.#times;
    for (let back = 1; back <= Math.min(count, length); back++) {
      this.#times[(this.#oldest + length - back) % length] = steadyMs;
    }
  }

  /** By how much the wall clock has jumped since this was asked last; 0 where it has not. */
  wallJumpMs({ steadyMs, wallMs }: Moment): number {
    const jumpMs = wallMs - steadyMs - this.#offsetMs;
    if (Math.abs(jumpMs) < JUMP_MS) return 0;
    this.#offsetMs += jumpMs;
    return Math.round(jumpMs);
  }
}
