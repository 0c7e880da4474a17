/**
 * Messages through a pipe: four bytes of length, then V8's own serialization of one array of
 * messages, which keeps bigint and bytes.
 *
 * @module
 */
import { deserialize, serialize } from "node:v8";

const LENGTH_BYTES = 4;
/** What a pipe on Linux holds. */
const MAX_JOINED_BYTES = 64 * 1_024;
/** A frame that claims to be longer is not one. A row block is far below. */
const MAX_FRAME_BYTES = 2 ** 31 - 1;

/**
 * Writes frames without ever blocking the thread. Frames that come while a write is under way go out
 * in one write, up to a size that keeps both ends at work at the same time.
 */
export class FrameWriter<Message> {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  #waiting: Uint8Array<ArrayBuffer>[] = [];
  #isBusy = false;

  constructor(stream: WritableStream<Uint8Array<ArrayBuffer>>) {
    this.#writer = stream.getWriter();
  }

  /** The other end may be gone; who reads from it hears of that. */
  write(messages: readonly Message[]): void {
    this.#waiting.push(toFrame(messages));
    if (!this.#isBusy) this.#work().catch(() => {});
  }

  close(): void {
    this.#writer.close().catch(() => {});
  }

  async #work(): Promise<void> {
    this.#isBusy = true;
    while (this.#waiting.length > 0) await this.#writer.write(this.#takeWaiting());
    this.#isBusy = false;
  }

  #takeWaiting(): Uint8Array<ArrayBuffer> {
    const [first = new Uint8Array()] = this.#waiting;
    let count = 1;
    let length = first.length;
    for (; count < this.#waiting.length; count++) {
      const next = this.#waiting[count]?.length ?? 0;
      if (length + next > MAX_JOINED_BYTES) break;
      length += next;
    }
    const taken = this.#waiting.splice(0, count);
    return count === 1 ? first : join(taken, length);
  }
}

function join(pieces: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

/** Messages as they go through the pipe. */
export function toFrame(messages: readonly unknown[]): Uint8Array<ArrayBuffer> {
  const bytes: Uint8Array = serialize(messages);
  const frame = new Uint8Array(LENGTH_BYTES + bytes.length);
  new DataView(frame.buffer).setUint32(0, bytes.length, true);
  frame.set(bytes, LENGTH_BYTES);
  return frame;
}

/** Takes a stream's pieces as they come, and gives the messages of the frames that are whole. */
export class FrameReader {
  readonly #pieces = new PieceQueue();

  /** @throws {Error} The bytes are no frames. */
  read(piece: Uint8Array, onMessages: (messages: readonly unknown[]) => void): void {
    this.#pieces.add(piece);
    for (let frame = this.#pieces.takeFrame(); frame; frame = this.#pieces.takeFrame()) {
      const messages: unknown = deserialize(frame);
      if (Array.isArray(messages)) onMessages(messages);
    }
  }
}

/** Pieces of a stream, joined only when a whole frame is there: a large one comes in thousands. */
class PieceQueue {
  #pieces: Uint8Array[] = [];
  #length = 0;

  add(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#length += piece.length;
  }

  takeFrame(): Uint8Array | undefined {
    if (this.#length < LENGTH_BYTES) return undefined;
    if ((this.#pieces[0]?.length ?? 0) < LENGTH_BYTES) this.#join();
    const head = this.#pieces[0] ?? new Uint8Array(LENGTH_BYTES);
    const length = new DataView(head.buffer, head.byteOffset).getUint32(0, true);
    if (length > MAX_FRAME_BYTES) throw new Error(`A frame of ${length} bytes cannot be`);
    const end = LENGTH_BYTES + length;
    if (this.#length < end) return undefined;
    if (head.length < end) this.#join();
    const all = this.#pieces[0] ?? head;
    if (all.length > end) this.#pieces[0] = all.subarray(end);
    else this.#pieces.shift();
    this.#length -= end;
    // A copy: Deno 2.6 looks for the bytes in a frame at the offset in the buffer, not in the view.
    return all.slice(LENGTH_BYTES, end);
  }

  #join(): void {
    this.#pieces = [join(this.#pieces, this.#length)];
  }
}
