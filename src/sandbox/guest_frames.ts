/**
 * Messages through a pipe: four bytes of length, one that says how they are written, then an array of
 * messages as JSON; or, where they hold bigint or bytes, in V8's own serialization.
 *
 * @module
 */
import { deserialize, serialize } from "node:v8";
import { concatBytes } from "~/base/lists/concat_bytes.ts";
import { type AnyMessage, extentOf, MAX_JOINED_LENGTH } from "./json_messages.ts";

const HEAD_BYTES = 5;
/** Where in a frame's head it stands how the messages are written. */
const KIND_AT = 4;
const Kind = { json: 1, v8: 2 } as const;
/** What a pipe on Linux holds: what is written at once and is no longer is mostly read at once. */
const MAX_JOINED_BYTES = 64 * 1_024;
/** A frame that claims to be longer is not one. A row block is far below. */
const MAX_FRAME_BYTES = 2 ** 31 - 1;

/**
 * Writes frames without ever blocking the thread. Frames that come while a write is under way go out
 * in one write, up to a size that keeps both ends at work at the same time.
 */
export class FrameWriter<Message extends AnyMessage> {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  #waiting: Uint8Array<ArrayBuffer>[] = [];
  #isBusy = false;

  constructor(stream: WritableStream<Uint8Array<ArrayBuffer>>) {
    this.#writer = stream.getWriter();
  }

  /** The other end may be gone; who reads from it hears of that. */
  write(messages: readonly Message[]): void {
    for (const frame of toFrames(messages)) this.#waiting.push(frame);
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
    return count === 1 ? first : concatBytes(taken);
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Messages as they go through the pipe: mostly one frame, more where they are written differently. What is large has
 * one of its own: V8 takes several times the length of what it writes, which of many large bodies together is more
 * than a guest may take. Each is made when it is asked for.
 */
export function* toFrames(messages: readonly AnyMessage[]): Generator<Uint8Array<ArrayBuffer>> {
  for (let start = 0; start < messages.length;) {
    const { end, isText } = frameAt(messages, start);
    const some = messages.slice(start, end);
    yield isText ? jsonFrame(some) : v8Frame(some);
    start = end;
  }
}

/**
 * The same, small frames together: messages of one turn are to be heard in one turn, as a request and that its group
 * has failed meanwhile.
 */
export function* toWrites(messages: readonly AnyMessage[]): Generator<Uint8Array<ArrayBuffer>> {
  let joined: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for (const frame of toFrames(messages)) {
    if (length > 0 && length + frame.length > MAX_JOINED_BYTES) {
      yield concatBytes(joined);
      joined = [];
      length = 0;
    }
    joined.push(frame);
    length += frame.length;
  }
  const [only] = joined;
  if (only) yield joined.length === 1 ? only : concatBytes(joined);
}

/** Where those end that go into one frame with the one at `start`. */
function frameAt(
  messages: readonly AnyMessage[],
  start: number,
): { end: number; isText: boolean } {
  let length = 0;
  let isText = true;
  let end = start;
  for (; end < messages.length; end++) {
    const next = extentOf(messages[end] as AnyMessage);
    if (end === start) isText = next.isText && next.length <= MAX_JOINED_LENGTH;
    else if (next.isText !== isText || length + next.length > MAX_JOINED_LENGTH) break;
    length += next.length;
  }
  return { end, isText };
}

/** Room for the head, so that the text is written once and to its place. */
const HEAD_ROOM = "\0".repeat(HEAD_BYTES);

function jsonFrame(messages: readonly AnyMessage[]): Uint8Array<ArrayBuffer> {
  return withHead(encoder.encode(HEAD_ROOM + JSON.stringify(messages)), Kind.json);
}

function v8Frame(messages: readonly AnyMessage[]): Uint8Array<ArrayBuffer> {
  const bytes: Uint8Array = serialize(messages);
  const frame = new Uint8Array(HEAD_BYTES + bytes.length);
  frame.set(bytes, HEAD_BYTES);
  return withHead(frame, Kind.v8);
}

function withHead(frame: Uint8Array<ArrayBuffer>, kind: number): Uint8Array<ArrayBuffer> {
  const head = new DataView(frame.buffer, frame.byteOffset);
  head.setUint32(0, frame.length - HEAD_BYTES, true);
  head.setUint8(KIND_AT, kind);
  return frame;
}

/** Takes a stream's pieces as they come, and gives the messages of the frames that are whole. */
export class FrameReader {
  readonly #pieces = new PieceQueue();

  /** @throws {Error} The bytes are no frames. */
  read(piece: Uint8Array, onMessages: (messages: readonly unknown[]) => void): void {
    this.#pieces.add(piece);
    for (let frame = this.#pieces.takeFrame(); frame; frame = this.#pieces.takeFrame()) {
      const messages = readFrame(frame);
      if (Array.isArray(messages)) onMessages(messages);
    }
  }
}

function readFrame(frame: Uint8Array): unknown {
  const content = frame.subarray(HEAD_BYTES);
  if (frame[KIND_AT] === Kind.json) return JSON.parse(decoder.decode(content));
  // A copy: Deno 2.6 looks for the bytes in a frame at the offset in the buffer, not in the view.
  return deserialize(content.slice());
}

/** Pieces of a stream, joined only when a whole frame is there: a large one comes in thousands. */
class PieceQueue {
  #pieces: Uint8Array[] = [];
  #length = 0;

  add(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#length += piece.length;
  }

  /** A whole frame with its head, which is to be read before more pieces come. */
  takeFrame(): Uint8Array | undefined {
    if (this.#length < HEAD_BYTES) return undefined;
    if ((this.#pieces[0]?.length ?? 0) < HEAD_BYTES) this.#join();
    const head = this.#pieces[0] ?? new Uint8Array(HEAD_BYTES);
    const length = new DataView(head.buffer, head.byteOffset).getUint32(0, true);
    if (length > MAX_FRAME_BYTES) throw new Error(`A frame of ${length} bytes cannot be`);
    const end = HEAD_BYTES + length;
    if (this.#length < end) return undefined;
    if (head.length < end) this.#join();
    const all = this.#pieces[0] ?? head;
    if (all.length > end) this.#pieces[0] = all.subarray(end);
    else this.#pieces.shift();
    this.#length -= end;
    return all.subarray(0, end);
  }

  #join(): void {
    this.#pieces = [concatBytes(this.#pieces)];
  }
}
