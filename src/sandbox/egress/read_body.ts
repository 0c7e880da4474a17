/**
 * Reads a response's body whole, as the model is to see it: decompressed and of bearable size.
 *
 * @module
 */
import { EgressFailure } from "./egress_failure.ts";

/** No body is larger, in memory; a small compressed one can unpack to anything. */
export const MAX_BODY_BYTES = 256 * 1_024 * 1_024;

/**
 * Reads the body.
 *
 * @throws {EgressFailure} If it is larger than `MAX_BODY_BYTES`.
 * @throws What the connection breaks with.
 */
export async function readBody(response: Response, method: string): Promise<Uint8Array> {
  if (response.body === null || method === "HEAD") {
    await response.body?.cancel();
    return new Uint8Array();
  }
  const sizeBytes = Number(response.headers.get("content-length") ?? NaN);
  const encoding = response.headers.get("content-encoding")?.trim().toLowerCase() ?? "";
  // Of a body that is not compressed the size is known: no need to count it in pieces.
  if (encoding === "" && sizeBytes <= MAX_BODY_BYTES) {
    return new Uint8Array(await response.arrayBuffer());
  }
  const chunks = encoding === "deflate" || encoding === "x-gzip"
    ? unpack(response.body, encoding)
    : response.body;
  return await collect(chunks);
}

/** `fetch` unpacks gzip and br by itself, and leaves the two other names of HTTP/1.1 alone. */
async function* unpack(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  encoding: "deflate" | "x-gzip",
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  const first = await reader.read();
  if (first.done) return;
  const rest = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => controller.enqueue(first.value),
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  const format = encoding === "x-gzip" ? "gzip" : deflateFormat(first.value);
  yield* rest.pipeThrough(new DecompressionStream(format));
}

/**
 * Many servers send deflate without the zlib header that HTTP asks for.
 * https://www.rfc-editor.org/rfc/rfc9110#name-deflate-coding
 */
function deflateFormat(bytes: Uint8Array): "deflate" | "deflate-raw" {
  const [method = 0, flags = 0] = bytes;
  const isZlib = (method & 0x0f) === 8 && ((method << 8) | flags) % 31 === 0;
  return isZlib ? "deflate" : "deflate-raw";
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const kept: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of chunks) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_BODY_BYTES) throw tooLarge();
    kept.push(chunk);
  }
  const [only] = kept;
  if (kept.length === 1 && only) return only;
  return concat(kept, sizeBytes);
}

function concat(chunks: readonly Uint8Array[], sizeBytes: number): Uint8Array {
  const whole = new Uint8Array(sizeBytes);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}

function tooLarge(): EgressFailure {
  const limit = `${MAX_BODY_BYTES / 2 ** 20} MB`;
  return new EgressFailure("broken", `Cannot read the answer: its body is larger than ${limit}`, {
    hint: "Ask for less at a time: most APIs take a page size or a range.",
  });
}
