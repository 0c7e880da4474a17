/**
 * The body of a request that goes out once.
 *
 * @module
 */

const encoder = new TextEncoder();

/** A body of no more goes out as one piece, which the runtime takes at once. */
const PIECE_BYTES = 64 * 1_024;

/**
 * Deno's `fetch` by itself sends a request again when the connection that it took from its pool breaks, though
 * it may have arrived (denoland/deno#35610). It can only where it still has the body, and a stream it reads once.
 * Of a `Blob` it takes stream and length, so that the request is framed as any other. The stream is made here,
 * because Deno never frees the parts of a `Blob` that has its own.
 *
 * A long body is given in pieces, as they are asked for, so that it is known when the last one was taken: a far
 * side may answer before it has read, and what then still waits here would be lost with the worker. Not known is
 * when the runtime has sent what it took: it holds some 0.5 MB (hyper's buffer of 417 KB, Deno's of 64 KB). What
 * the system has, it sends even after the end of the process.
 */
export class OnceBody extends Blob {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  /** What `fetch` calls a text that nobody has named; a `Blob` of its own would write it in small letters. */
  readonly #type: string;
  readonly #pieces: Pieces | undefined;

  /** @param content Not empty: as a stream, nothing would be sent in chunks. */
  constructor(content: string | Uint8Array<ArrayBuffer>) {
    super();
    this.#type = typeof content === "string" ? "text/plain;charset=UTF-8" : "";
    this.#bytes = typeof content === "string" ? encoder.encode(content) : content;
    if (this.#bytes.length > PIECE_BYTES) this.#pieces = new Pieces(this.#bytes);
  }

  override get type(): string {
    return this.#type;
  }

  override get size(): number {
    return this.#bytes.length;
  }

  /** Absent: it is one piece. */
  get pieces(): Pieces | undefined {
    return this.#pieces;
  }

  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#pieces?.stream() ?? inOnePiece(this.#bytes);
  }
}

function inOnePiece(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}

/** A long body on its way to the runtime. */
export class Pieces {
  #taken = Promise.withResolvers<boolean>();
  #takenAtMs: number[] = [];
  #given = 0;

  constructor(private readonly bytes: Uint8Array<ArrayBuffer>) {}

  get areTaken(): boolean {
    return this.#given >= this.bytes.length;
  }

  /** Resolves once the last one was taken, or, to false, when none will be any more. */
  get taken(): Promise<boolean> {
    return this.#taken.promise;
  }

  /** How long it took to take the last ones, twice as many as the runtime holds. */
  get lastMegabyteMs(): number {
    const from = Math.max(0, this.#takenAtMs.length - 2 ** 20 / PIECE_BYTES);
    return (this.#takenAtMs.at(-1) ?? 0) - (this.#takenAtMs[from] ?? 0);
  }

  stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return new ReadableStream({
      pull: (controller) => {
        const piece = this.bytes.subarray(this.#given, this.#given + PIECE_BYTES);
        this.#given += piece.length;
        this.#takenAtMs.push(performance.now());
        controller.enqueue(piece);
        if (!this.areTaken) return;
        controller.close();
        this.#taken.resolve(true);
      },
      cancel: () => this.#taken.resolve(false),
      // Nothing is fetched ahead: what is pulled is taken.
    }, { highWaterMark: 0 });
  }
}
