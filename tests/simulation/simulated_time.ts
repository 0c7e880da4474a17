/**
 * Simulated time: what is to happen later waits in a queue, and the clock jumps from one event to the next.
 * Nothing else decides an order, so that a history is played the same way each time.
 *
 * @module
 */
import { setImmediate } from "node:timers";

interface Waiting {
  atMs: number;
  run: () => void;
}

/** See the module's comment. */
export class SimulatedTime {
  nowMs = 0;
  #queue: Waiting[] = [];
  #isCut = false;

  /** Does something later. */
  after(delayMs: number, run: () => void): void {
    this.#add(delayMs, run);
  }

  /**
   * The same.
   *
   * @returns Takes it back.
   */
  cancellable(delayMs: number, run: () => void): () => void {
    const waiting = this.#add(delayMs, run);
    return () => {
      const place = this.#queue.indexOf(waiting);
      if (place >= 0) this.#queue.splice(place, 1);
    };
  }

  wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve));
  }

  #add(delayMs: number, run: () => void): Waiting {
    const waiting = { atMs: this.nowMs + delayMs, run };
    let place = this.#queue.length;
    while (place > 0 && (this.#queue[place - 1]?.atMs ?? 0) > waiting.atMs) place--;
    this.#queue.splice(place, 0, waiting);
    return waiting;
  }

  /** Nothing runs for so long. */
  pass(ms: number): void {
    this.nowMs += ms;
  }

  /** Ends the process that runs: nothing of it goes on. */
  cut(): void {
    this.#isCut = true;
  }

  /**
   * Lets time go on until the work has ended, or was cut.
   *
   * @param cutAt The event before which the process is cut.
   */
  async play(work: Promise<void>, cutAt: number): Promise<"ended" | "cut"> {
    let end: { error?: unknown } | undefined;
    work.then(() => end = {}, (error) => end = { error });
    this.#isCut = false;
    for (let events = 0;; events++) {
      // All that follows from the last event, however many promises it takes.
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (end) break;
      if (events === cutAt) this.#isCut = true;
      if (this.#isCut) break;
      const next = this.#queue.shift();
      if (!next) throw new Error("Nothing is left to happen, and the run has not ended");
      this.nowMs = next.atMs;
      next.run();
    }
    this.#queue = [];
    if (this.#isCut) return "cut";
    if (end?.error !== undefined) throw end.error;
    return "ended";
  }
}
