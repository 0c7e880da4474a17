/**
 * How a whole model slows down when its far side says that it is too fast (429, or 503 with
 * `Retry-After`): all wait, and then begin with half of what was in flight, one more at a time.
 *
 * The pause is what it asks for (`Retry-After`), and never shorter than our own, which grows.
 *
 * What was in flight together is refused together. That is one refusal, not many: a try counts only if
 * it began after the last pause had.
 *
 * @module
 */

const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 60_000;

/** See the module's comment. Times are those of a clock that never jumps, in milliseconds. */
export class SlowDown {
  #resumeAtMs = -Infinity;
  #pausedAtMs = -Infinity;
  /** Pauses in a row without a success. */
  #pauses = 0;
  /** Requests at once; grows by one with as many successes. */
  #limit = Infinity;
  /** What was in flight when it was too much: as many again, and there is no limit. */
  #ceiling = Infinity;

  /** Requests that may be in flight at once. */
  get limit(): number {
    return Math.floor(this.#limit);
  }

  /** Until when nothing may begin. */
  get resumeAtMs(): number {
    return this.#resumeAtMs;
  }

  /**
   * A try was refused as one too many.
   *
   * @param beganAtMs When the try began.
   * @param inFlight Tries that were under way, this one included.
   * @param random Gives numbers from 0 to 1, as `Math.random` does.
   */
  refused(
    beganAtMs: number,
    nowMs: number,
    inFlight: number,
    random: () => number,
    retryAfterMs?: number,
  ): void {
    const isNew = beganAtMs >= this.#pausedAtMs;
    if (isNew) {
      this.#pausedAtMs = nowMs;
      this.#pauses += 1;
      if (this.#limit === Infinity) this.#ceiling = inFlight;
      this.#limit = Math.max(1, Math.floor(Math.min(inFlight, this.#limit) / 2));
    }
    if (!isNew && retryAfterMs === undefined) return;
    const chance = random();
    const ownMs = isNew ? ownPauseMs(this.#pauses, chance) : 0;
    const pauseMs = Math.max(ownMs, askedPauseMs(retryAfterMs, chance));
    this.#resumeAtMs = Math.max(this.#resumeAtMs, nowMs + pauseMs);
  }

  /** A try that began then was let through. */
  succeeded(beganAtMs: number): void {
    if (beganAtMs < this.#resumeAtMs) return;
    this.#pauses = 0;
    this.#limit += 1 / Math.floor(this.#limit);
    if (this.#limit >= this.#ceiling) this.#limit = Infinity;
  }
}

/** Growing, with full jitter. No pause is shorter: a server may ask for none, or have a clock that is behind. */
function ownPauseMs(pauses: number, chance: number): number {
  return chance * Math.min(FIRST_PAUSE_MS * 2 ** Math.min(pauses - 1, 32), MAX_PAUSE_MS);
}

/** What the server asks for, spread a little. */
function askedPauseMs(retryAfterMs = 0, chance: number): number {
  return retryAfterMs + chance * Math.min(FIRST_PAUSE_MS, retryAfterMs / 2);
}
