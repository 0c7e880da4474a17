/**
 * The body of a request that goes out once.
 *
 * @module
 */

const encoder = new TextEncoder();

/**
 * Deno's `fetch` by itself sends a request again when the connection that it took from its pool breaks, though
 * it may have arrived (denoland/deno#35610). It can only where it still has the body, and a stream it reads once.
 * Of a `Blob` it takes stream and length, so that the request is framed as any other. The stream is made here,
 * because Deno never frees the parts of a `Blob` that has its own.
 */
export class OnceBody extends Blob {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  /** What `fetch` calls a text that nobody has named; a `Blob` of its own would write it in small letters. */
  readonly #type: string;

  /** @param content Not empty: as a stream, nothing would be sent in chunks. */
  constructor(content: string | Uint8Array<ArrayBuffer>) {
    super();
    this.#type = typeof content === "string" ? "text/plain;charset=UTF-8" : "";
    this.#bytes = typeof content === "string" ? encoder.encode(content) : content;
  }

  override get type(): string {
    return this.#type;
  }

  override get size(): number {
    return this.#bytes.length;
  }

  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const bytes = this.#bytes;
    return new ReadableStream({
      start(controller) {
        controller.enqueue(bytes);
        controller.close();
      },
    });
  }
}
