/**
 * A file's content, piece by piece: bytes from the host, and text that is checked to be UTF-8.
 *
 * The next piece is asked for before the present one is worked on.
 *
 * @module
 */
import { modelError } from "./host_error.ts";
import type { HostPort } from "./host_port.ts";

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
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let line = 1;
  // Bytes of a character that the end of a piece cut in two: the decoder holds them back.
  let heldBack = new Uint8Array();
  for await (const piece of pieces) {
    let text: string;
    try {
      text = decoder.decode(piece, { stream: true });
    } catch {
      throw notUtf8(path, line + linesBeforeMistake(heldBack, piece));
    }
    line += countLineEnds(text);
    heldBack = unfinishedCharacter(piece);
    if (text !== "") yield text;
  }
  try {
    decoder.decode();
  } catch {
    throw notUtf8(path, line);
  }
}

/** How many line ends a text has. */
export function countLineEnds(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

function notUtf8(path: string, line: number): Error {
  return modelError(`Cannot read ${path}: line ${line} is not UTF-8 text`, {
    at: { path, line },
    hint: "Save the file as UTF-8, or read it with bytes() and decode it with a TextDecoder.",
  });
}

/** Line ends before the first line that cannot be decoded. */
function linesBeforeMistake(heldBack: Uint8Array, piece: Uint8Array): number {
  const bytes = new Uint8Array(heldBack.length + piece.length);
  bytes.set(heldBack);
  bytes.set(piece, heldBack.length);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let lines = 0;
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(0x0a, start);
    if (end === -1) return lines;
    try {
      decoder.decode(bytes.subarray(start, end));
    } catch {
      return lines;
    }
    lines++;
    start = end + 1;
  }
  return lines;
}

/** The last bytes of a piece, if they begin a character that they do not complete. */
function unfinishedCharacter(piece: Uint8Array): Uint8Array<ArrayBuffer> {
  for (let back = 1; back <= Math.min(3, piece.length); back++) {
    const byte = piece[piece.length - back] ?? 0;
    if ((byte & 0b1100_0000) === 0b1000_0000) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needed > back ? piece.slice(piece.length - back) : new Uint8Array();
  }
  return new Uint8Array();
}
