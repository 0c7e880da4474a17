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
  | { granted: true; grant: number }
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
  /** Steady times of the last `count` grants: that of grant `i` is at `i % count`. */
  readonly #times: number[];
  /** The number of the next grant. */
  #next: number;
  #offsetMs: number;

  /** @param recorded Wall times of grants that an earlier process gave. */
  constructor(private readonly rate: Rate, now: Moment, recorded: readonly number[] = []) {
    this.windowMs = rate.windowMs + Math.ceil(Math.min(rate.windowMs * MARGIN, MAX_MARGIN_MS));
    this.#offsetMs = now.wallMs - now.steadyMs;
    this.#times = recorded
      .map((atMs) => now.steadyMs - Math.max(0, now.wallMs - atMs))
      .toSorted((a, b) => a - b)
      .slice(-rate.count);
    this.#next = this.#times.length;
  }

  /** Takes a grant, if there is one now. */
  take(steadyMs: number): Taken {
    const slot = this.#next % this.rate.count;
    const oldest = this.#times[slot] ?? -Infinity;
    const waitMs = Math.ceil(oldest + this.windowMs - steadyMs);
    if (waitMs > 0) return { granted: false, waitMs };
    this.#times[slot] = steadyMs;
    return { granted: true, grant: this.#next++ };
  }

  /** A grant counts from now: it took a while until it was used, or until its request arrived. */
  postpone(grant: number, steadyMs: number): void {
    if (grant >= this.#next - this.rate.count) this.#times[grant % this.rate.count] = steadyMs;
  }

  /** By how much the wall clock has jumped since this was asked last; 0 where it has not. */
  wallJumpMs({ steadyMs, wallMs }: Moment): number {
    const jumpMs = wallMs - steadyMs - this.#offsetMs;
    if (Math.abs(jumpMs) < JUMP_MS) return 0;
    this.#offsetMs += jumpMs;
    return Math.round(jumpMs);
  }
}
