/**
 * A file's content, piece by piece: bytes from the host, and text that is checked to be UTF-8.
 *
 * The next piece is asked for before the present one is worked on.
 *
 * @module
 */
import { NotUtf8, Utf8Text } from "~/base/text/utf8_text.ts";
import { modelError } from "~/sandbox/guest/host_error.ts";
import type { HostPort } from "~/sandbox/guest/host_port.ts";

/** Large enough that messages cost nothing, small enough that a few of them do not count. */
const PIECE_BYTES = 1 << 20;

/** Reads a file's bytes, piece by piece. */
export async function* readPieces(port: HostPort, path: string): AsyncGenerator<Uint8Array, void> {
  // An early read that fails must wait for its reader, and not count as unhandled.
  const read = (offset: number): Promise<Uint8Array | Error> =>
    port.call("bytes", { type: "read", path, offset, sizeBytes: PIECE_BYTES })
      .then(({ bytes }) => bytes, (error: Error) => error);
  let offset = 0;
  let next: Promise<Uint8Array | Error> | undefined = read(0);
  while (next) {
    const piece: Uint8Array | Error = await next;
    if (piece instanceof Error) throw piece;
    offset += piece.length;
    next = piece.length < PIECE_BYTES ? undefined : read(offset);
    if (piece.length > 0) yield piece;
  }
}

/**
 * Reads a file as UTF-8 text, piece by piece; a byte order mark is left out.
 *
 * @throws With file and line, where bytes are not UTF-8.
 */
export async function* readText(
  pieces: AsyncIterable<Uint8Array>,
  path: string,
): AsyncGenerator<string, void> {
  const utf8 = new Utf8Text();
  for await (const piece of pieces) {
    const text = decode(() => utf8.read(piece), path);
    if (text !== "") yield text;
  }
  decode(() => utf8.end(), path);
}

function decode<T>(read: () => T, path: string): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof NotUtf8 ? notUtf8(path, error.line) : error;
  }
}

function notUtf8(path: string, line: number): Error {
  return modelError(`Cannot read ${path}: line ${line} is not UTF-8 text`, {
    at: { path, line },
    hint: "Save the file as UTF-8, or read it with bytes() and decode it with a TextDecoder.",
  });
}
