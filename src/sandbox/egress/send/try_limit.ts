/**
 * The time that one try may take. It stands still while the try waits for a permit between redirects.
 *
 * @module
 */
import type { Deadlines } from "~/base/time/deadlines.ts";

/** See the module's comment. It runs from the start. */
export class TryLimit {
  #leftMs: number;
  #startedAtMs = 0;
  #end = () => {};

  constructor(
    private readonly deadlines: Deadlines,
    limitMs: number,
    private readonly onOver: () => void,
  ) {
    this.#leftMs = limitMs;
    this.go();
  }

  go(): void {
    this.#startedAtMs = performance.now();
    this.#end = this.deadlines.start(this.#leftMs, this.onOver);
  }

  stop(): void {
    this.#end();
    this.#leftMs = Math.max(0, this.#leftMs - (performance.now() - this.#startedAtMs));
  }
}
