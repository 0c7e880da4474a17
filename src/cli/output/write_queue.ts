/**
 * Texts on their way to the program's streams, in their order, while the thread goes on.
 *
 * A reader that does not read, a paused pager or a collector that hangs, holds up what is printed and nothing
 * else: `writeSync` would hold the thread, and no signal is heard then and no clock.
 *
 * @module
 */

/** Where bytes go; `Deno.stdout` is one. */
export interface Sink {
  write(bytes: Uint8Array): Promise<number>;
  writeSync(bytes: Uint8Array): number;
  isTerminal(): boolean;
}

/** A pipe set to non-blocking by whoever made it is asked again after this time. */
export const ASK_AGAIN_MS = 1;

/**
 * What is written at a time. Such a pipe takes as much wholly or not at all (PIPE_BUF,
 * https://pubs.opengroup.org/onlinepubs/9799919799/functions/write.html). Of more, Deno does not tell how much
 * was taken before there was no room, and that much would be written twice.
 */
const PIECE_BYTES = Deno.build.os === "linux" ? 4_096 : 512;

/** What of the bytes is to be written next. */
export function nextPiece(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, PIECE_BYTES);
}

const encoder = new TextEncoder();

/** See the module's comment. */
export class WriteQueue {
  #waiting: { sink: Sink; text: string }[] = [];
  #writingTo: Sink | undefined;
  #written: Promise<void> | undefined;
  readonly #closed = new Set<Sink>();

  /** @param onFailure Told once of a sink that takes nothing any more. */
  constructor(private readonly onFailure: (sink: Sink, failure: unknown) => void) {}

  /** How much waits behind what is being written. */
  get waitingChars(): number {
    return this.#waiting.reduce((sum, { text }) => sum + text.length, 0);
  }

  /** Resolves when nothing is on its way any more; `undefined`: nothing is. */
  get written(): Promise<void> | undefined {
    return this.#written;
  }

  /** Adds a text. */
  push(sink: Sink, text: string): void {
    if (this.#closed.has(sink)) return;
    const last = this.#waiting.at(-1);
    if (last?.sink === sink) last.text += text;
    else this.#waiting.push({ sink, text });
    this.#written ??= this.#writeAll();
  }

  /** Waits no longer for the sink that is being written to, and goes on with what others are to get. */
  giveUp(): Sink | undefined {
    const stuck = this.#writingTo;
    if (stuck) this.#close(stuck);
    this.#written = this.#waiting.length > 0 ? this.#writeAll() : undefined;
    return stuck;
  }

  async #writeAll(): Promise<void> {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      const { sink, text } = next;
      this.#writingTo = sink;
      const failure = await write(sink, text);
      // Given up meanwhile: another call goes on in the place of this one.
      if (this.#closed.has(sink)) return;
      if (failure === undefined) continue;
      this.#close(sink);
      this.onFailure(sink, failure);
    }
    this.#writingTo = undefined;
    this.#written = undefined;
  }

  #close(sink: Sink): void {
    this.#closed.add(sink);
    this.#waiting = this.#waiting.filter((part) => part.sink !== sink);
  }
}

/** @returns Why it could not be written, if it could not. */
async function write(sink: Sink, text: string): Promise<unknown> {
  let bytes = encoder.encode(text);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(await sink.write(nextPiece(bytes)));
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) return error;
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
  }
  return undefined;
}
