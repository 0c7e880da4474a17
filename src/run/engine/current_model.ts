/**
 * Which SQL model the engine computes, in memory that it shares with the main thread.
 *
 * SQL holds the engine's thread, so a message would have to go out before each model, and costs more
 * than a small model does. The main thread looks here instead, and tells of the model that is still the
 * same a moment later.
 *
 * @module
 */
import type { ModelStarted } from "~/run/run_event.ts";

const HEAD_BYTES = 8;
/** Longer events are not shown; names and reasons are far shorter. */
const SIZE_BYTES = 4_096;

/** See the module's comment. Both threads make one on the same memory. */
export class CurrentModel {
  /** How often what is shown has changed, and how many bytes it has; 0: nothing is computed. */
  readonly #head: Int32Array;
  readonly #text: Uint8Array;
  #lastTurn = 0;

  constructor(readonly memory: SharedArrayBuffer = new SharedArrayBuffer(SIZE_BYTES)) {
    this.#head = new Int32Array(memory, 0, 2);
    this.#text = new Uint8Array(memory, HEAD_BYTES);
  }

  /** The engine begins a model. */
  show(event: ModelStarted): void {
    this.clear();
    const text = JSON.stringify(event);
    const { read, written } = new TextEncoder().encodeInto(text, this.#text);
    if (read < text.length) return;
    Atomics.store(this.#head, 1, written);
  }

  /** The engine has ended it. */
  clear(): void {
    Atomics.store(this.#head, 1, 0);
    Atomics.add(this.#head, 0, 1);
  }

  /** Main looks now and then: the model that was there the last time too. */
  takeLasting(): ModelStarted | undefined {
    const turn = Atomics.load(this.#head, 0);
    const isSame = turn === this.#lastTurn;
    this.#lastTurn = turn;
    const sizeBytes = Atomics.load(this.#head, 1);
    if (!isSame || sizeBytes === 0) return undefined;
    const text = new TextDecoder().decode(this.#text.slice(0, sizeBytes));
    // The engine may have gone on meanwhile and written over it.
    return Atomics.load(this.#head, 0) === turn ? JSON.parse(text) : undefined;
  }
}
