/**
 * Reads a response's body whole, as the model is to see it: decompressed and of bearable size.
 *
 * @module
 */
import { concatBytes } from "~/base/lists/concat_bytes.ts";
import { EgressFailure } from "~/sandbox/egress/egress_failure.ts";

/**
 * No body is larger, unpacked: a small one can unpack to anything. On its way to the guest there are five to six
 * copies of it at once (its pieces, the whole, V8's serialization, which grows by doubling, and the frame), of
 * each request that is out.
 */
export const MAX_BODY_BYTES = 64 * 1_024 * 1_024;

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
  if (sizeBytes > MAX_BODY_BYTES) {
    await response.body.cancel();
    throw tooLarge();
  }
  // Of a body that is not compressed the size is known: no need to count it in pieces.
  if (encoding === "" && !Number.isNaN(sizeBytes)) {
    return new Uint8Array(await response.arrayBuffer());
  }
  const body = await collect(response.body);
  return encoding === "deflate" || encoding === "x-gzip" ? await unpack(body, encoding) : body;
}

/** Longer bodies are not made text: their memory moves from thread to thread as it is. */
const MAX_TEXT_BYTES = 64 * 1_024;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A short body as text, if it is UTF-8: the very same bytes, and much cheaper to hand on. */
export function textOfBody(body: Uint8Array): string | undefined {
  if (body.length >= MAX_TEXT_BYTES) return undefined;
  try {
    return decoder.decode(body);
  } catch {
    // It is in another encoding, or no text.
    return undefined;
  }
}

/**
 * `fetch` unpacks gzip and br by itself, and leaves the two other names of HTTP/1.1 alone.
 * (`DecompressionStream` would take a body that was cut off for a whole one.)
 */
async function unpack(body: Uint8Array, encoding: "deflate" | "x-gzip"): Promise<Uint8Array> {
  // Loaded for those few that need it: it takes 25 ms.
  const { gunzipSync, inflateRawSync, inflateSync } = await import("node:zlib");
  const options = { maxOutputLength: MAX_BODY_BYTES };
  try {
    if (encoding === "x-gzip") return new Uint8Array(gunzipSync(body, options));
    const inflate = hasZlibHeader(body) ? inflateSync : inflateRawSync;
    return new Uint8Array(inflate(body, options));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE") {
      throw tooLarge();
    }
    throw error;
  }
}

/**
 * Many servers send deflate without the zlib header that HTTP asks for.
 * https://www.rfc-editor.org/rfc/rfc9110#name-deflate-coding
 */
function hasZlibHeader([method = 0, flags = 0]: Uint8Array): boolean {
  return (method & 0x0f) === 8 && ((method << 8) | flags) % 31 === 0;
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
  return concatBytes(kept);
}

function tooLarge(): EgressFailure {
  const limit = `${MAX_BODY_BYTES / 2 ** 20} MB`;
  return new EgressFailure(
    "broken",
    `Cannot read the answer: its body is larger than ${limit}, unpacked`,
    {
      hint: "Ask for less at a time: most APIs take a page size or a range.",
    },
  );
}
