/**
 * Many time limits on one timer.
 *
 * A timer for each request costs Deno about a fifth of the whole request, and nearly none of them
 * ever fires. Here a timer waits for the earliest limit only, and is set anew when it has fired.
 *
 * @module
 */

/** Time limits that are running. */
export class Deadlines {
  #running = new Set<{ atMs: number; onOver: () => void }>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAtMs = Infinity;

  /**
   * Starts a limit.
   *
   * @param onOver Called once when the time is over, and not at all after the limit was ended.
   * @returns Ends the limit.
   */
  start(limitMs: number, onOver: () => void): () => void {
    const limit = { atMs: performance.now() + limitMs, onOver };
    this.#running.add(limit);
    if (limit.atMs < this.#timerAtMs) this.#wakeAt(limit.atMs);
    return () => {
      this.#running.delete(limit);
    };
  }

  #wakeAt(atMs: number): void {
    clearTimeout(this.#timer);
    this.#timerAtMs = atMs;
    const timer = setTimeout(() => this.#wake(), Math.max(0, atMs - performance.now()));
    // With nothing else to do, a limit that is over or ended must not keep the process alive.
    Deno.unrefTimer(timer);
    this.#timer = timer;
  }

  #wake(): void {
    this.#timerAtMs = Infinity;
    const nowMs = performance.now();
    let earliestMs = Infinity;
    for (const limit of [...this.#running].toSorted((one, other) => one.atMs - other.atMs)) {
      if (limit.atMs > nowMs) {
        earliestMs = limit.atMs;
        break;
      }
      if (this.#running.delete(limit)) limit.onOver();
    }
    // A limit that was started by `onOver` has set the timer already, perhaps for an earlier time.
    if (earliestMs < this.#timerAtMs) this.#wakeAt(earliestMs);
  }
}
