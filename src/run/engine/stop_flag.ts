/**
 * That a run is to stop, in memory that its two threads share.
 *
 * The engine is told by a message, too. That comes only when its thread turns, and some turns later than one would
 * think: after SQL has held the thread, fourteen or more of `setImmediate` went by until it was there (Deno 2.9.6).
 *
 * @module
 */

const NotAsked = 0;
const Stop = 1;
const TimeIsOver = 2;

/** See the module's comment. Both threads make one on the same memory. */
export class StopFlag {
  readonly #state: Int32Array;

  constructor(readonly memory: SharedArrayBuffer = new SharedArrayBuffer(4)) {
    this.#state = new Int32Array(memory);
  }

  /** Main asks the engine to begin nothing new. */
  ask(isTimeOver: boolean): void {
    Atomics.store(this.#state, 0, isTimeOver ? TimeIsOver : Stop);
  }

  /** What main has asked for; `undefined`: nothing. */
  get asked(): { isTimeOver: boolean } | undefined {
    const state = Atomics.load(this.#state, 0);
    return state === NotAsked ? undefined : { isTimeOver: state === TimeIsOver };
  }
}
