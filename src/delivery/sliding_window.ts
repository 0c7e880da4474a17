/**
 * A true sliding window: never more than `count` requests in any stretch of time of the window's length, as the
 * far side counts them.
 *
 * A request arrives a moment after it was sent, and not each so long after. So a grant counts from when its request
 * has arrived at the latest: from its answer; from a margin after it was sent, while there is no answer. Until it is
 * known to be sent it counts on: the process may stand still meanwhile, and send it when it goes on.
 *
 * Time goes by a clock that never jumps. What outlives the process are times of the wall clock, which
 * may: a time that lies in the future counts as now, so that no jump back stops anybody for longer than
 * one window; a jump while the process lives is told to the caller, who moves what is recorded.
 *
 * @module
 */
import type { Rate } from "~/base/time/rate.ts";

/** One moment on both clocks, in milliseconds. */
export interface Moment {
  /** Never jumps: `performance.now()`. */
  steadyMs: number;
  /** What is recorded: `Date.now()`. */
  wallMs: number;
}

/** What {@linkcode SlidingWindow.take} says. */
export type Taken =
  /** `dueMs`: when it may be given, on the steady clock. */
  | { granted: true; grant: number; dueMs: number }
  /** Not before so many milliseconds; Infinity: not before one that was given is sent. */
  | { granted: false; waitMs: number };

/**
 * How much later than another a request may arrive, as a part of the window. Where answers come sooner than that
 * it costs nothing; where they do not, this much of each window.
 */
const MARGIN = 0.015;
/** Networks and busy machines differ by so much, however short the window is. */
const MIN_MARGIN_MS = 50;
const MAX_MARGIN_MS = 1_000;
/** Clocks and timers go by milliseconds, and a far side may count both ends of its window. */
const GAP_MS = 1;
/** Less is how far apart the two clocks are read, or the wall clock being set gently. */
const JUMP_MS = 5;

/** See the module's comment. */
export class SlidingWindow {
  /** For how long a grant counts whose request is not answered. */
  readonly windowMs: number;
  readonly #marginMs: number;
  readonly #freeAfterMs: number;
  /** When the last `count` requests have arrived at the latest: that of grant `i` at `i % count`. */
  readonly #times: number[];
  /** The number of the next grant. */
  #next: number;
  #offsetMs: number;

  /** @param recorded Wall times when grants of an earlier process were used at the latest. */
  constructor(private readonly rate: Rate, now: Moment, recorded: readonly number[] = []) {
    const marginMs = Math.max(MIN_MARGIN_MS, rate.windowMs * MARGIN);
    this.#marginMs = Math.ceil(Math.min(marginMs, MAX_MARGIN_MS));
    this.#freeAfterMs = rate.windowMs + GAP_MS;
    this.windowMs = this.#freeAfterMs + this.#marginMs;
    this.#offsetMs = now.wallMs - now.steadyMs;
    this.#times = recorded
      .map((atMs) => now.steadyMs - Math.max(0, now.wallMs - atMs) + this.#marginMs)
      .toSorted((a, b) => a - b)
      .slice(-rate.count);
    this.#next = this.#times.length;
  }

  /**
   * Takes a grant, if there is one.
   *
   * @param aheadMs Also one that may be given only so much later. @default 0
   */
  take(steadyMs: number, aheadMs = 0): Taken {
    const slot = this.#next % this.rate.count;
    const freeMs = (this.#times[slot] ?? -Infinity) + this.#freeAfterMs;
    const waitMs = Math.ceil(freeMs - steadyMs - aheadMs);
    if (waitMs > 0) return { granted: false, waitMs };
    const dueMs = Math.max(steadyMs, freeMs);
    this.#times[slot] = dueMs + this.#marginMs;
    return { granted: true, grant: this.#next++, dueMs };
  }

  /** A grant is given; nobody knows yet when its request is sent. */
  given(grant: number): void {
    this.#setTime(grant, () => Infinity);
  }

  /** The request of a grant was sent now at the latest. */
  sent(grant: number, steadyMs: number): void {
    this.#setTime(grant, () => steadyMs + this.#marginMs);
  }

  /**
   * The request of a grant has arrived at the latest now.
   *
   * @param isLate It may have taken longer than the margin; else one that does has arrived before.
   */
  arrived(grant: number, steadyMs: number, isLate: boolean): void {
    this.#setTime(grant, (timeMs) => isLate ? steadyMs : Math.min(timeMs, steadyMs));
  }

  /** By how much the wall clock has jumped since a jump was last recorded; 0 where it has not. */
  wallJumpMs({ steadyMs, wallMs }: Moment): number {
    const jumpMs = wallMs - steadyMs - this.#offsetMs;
    return Math.abs(jumpMs) < JUMP_MS ? 0 : Math.round(jumpMs);
  }

  /** What is recorded was moved by so much. */
  jumpRecorded(jumpMs: number): void {
    this.#offsetMs += jumpMs;
  }

  /** A grant whose place another one has taken is out of the window. */
  #setTime(grant: number, timeMs: (before: number) => number): void {
    if (grant < this.#next - this.rate.count) return;
    const slot = grant % this.rate.count;
    this.#times[slot] = timeMs(this.#times[slot] ?? -Infinity);
  }
}
