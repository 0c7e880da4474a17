/**
 * Digests as the record keeps them: 16 bytes for 32 hexadecimal digits; any other text as it is.
 *
 * @module
 */

const DIGITS = 32;

/** One for all: a new one for every digest would take longer than the digits. */
const BYTES = new Uint8Array(DIGITS / 2);

/**
 * Packs what is a digest.
 *
 * @returns Bytes that hold until the next call.
 */
export function packHex(text: string): Uint8Array | string {
  if (text.length !== DIGITS) return text;
  try {
    BYTES.setFromHex(text);
    return BYTES;
  } catch {
    return text; // As long as one, and none.
  }
}

/** Gives back what was packed. */
export function unpackHex(packed: unknown): string {
  return packed instanceof Uint8Array ? packed.toHex() : String(packed);
}
