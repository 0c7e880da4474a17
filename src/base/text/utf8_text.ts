/**
 * UTF-8 from bytes that come in pieces, and the line on which it is none.
 *
 * @module
 */
import { concatBytes } from "~/base/lists/concat_bytes.ts";

/** Bytes are not UTF-8. */
export class NotUtf8 extends Error {
  constructor(
    /** Counted from 1. */
    readonly line: number,
  ) {
    super(`line ${line} is not UTF-8 text`);
  }
}

/** Decodes pieces, one after the other; a byte order mark is left out. */
export class Utf8Text {
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  #line = 1;
  /** Bytes of a character that the end of a piece cut in two: the decoder holds them back. */
  #heldBack = new Uint8Array();

  /** @throws {NotUtf8} */
  read(piece: Uint8Array): string {
    let text: string;
    try {
      text = this.#decoder.decode(piece, { stream: true });
    } catch {
      throw new NotUtf8(this.#line + linesBeforeMistake(this.#heldBack, piece));
    }
    this.#line += countLineEnds(text);
    this.#heldBack = unfinishedCharacter(piece);
    return text;
  }

  /**
   * No piece follows.
   *
   * @throws {NotUtf8} The last character is not whole.
   */
  end(): void {
    try {
      this.#decoder.decode();
    } catch {
      throw new NotUtf8(this.#line);
    }
  }
}

/** How many line ends a text has. */
export function countLineEnds(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

/** Line ends before the first line that cannot be decoded. */
function linesBeforeMistake(heldBack: Uint8Array, piece: Uint8Array): number {
  const bytes = concatBytes([heldBack, piece]);
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
