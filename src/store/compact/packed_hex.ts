/**
 * Digests as the record keeps them: 16 bytes for 32 hexadecimal digits; any other text as it is.
 *
 * @module
 */

const DIGITS = 32;
/** They would come back in small letters. */
const CAPITALS = /[A-F]/;

/** Packs what is a digest. */
export function packHex(text: string): Uint8Array | string {
  if (text.length !== DIGITS || CAPITALS.test(text)) return text;
  try {
    return Uint8Array.fromHex(text);
  } catch {
    return text; // As long as one, and none.
  }
}

/** Gives back what was packed. */
export function unpackHex(packed: unknown): string {
  return packed instanceof Uint8Array ? packed.toHex() : String(packed);
}
