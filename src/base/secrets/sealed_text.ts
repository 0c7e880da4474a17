/**
 * Texts that only the holder of a key can read, and nobody can change unseen: AES-256-GCM.
 *
 * @module
 */

/** Tells these bytes from what a later scheme would write. */
const SCHEME = 1;
/** NIST SP 800-38D asks for 96 random bits; one key seals far fewer than 2^32 texts. */
const IV_BYTES = 12;

/** Bytes of a key. */
export const KEY_BYTES = 32;

/**
 * Seals a text.
 *
 * @param label What it is; it opens under the same label only, so that two cannot be swapped.
 */
export async function sealText(key: Uint8Array, label: string, text: string): Promise<Uint8Array> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const sealed = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv, additionalData: encode(label) },
    await importKey(key, "encrypt"),
    encode(text),
  );
  return Uint8Array.from([SCHEME, ...iv, ...new Uint8Array(sealed)]);
}

/** Opens what `sealText` gave; `undefined` when it was sealed by another key, or was changed. */
export async function openText(
  key: Uint8Array,
  label: string,
  sealed: Uint8Array,
): Promise<string | undefined> {
  if (sealed[0] !== SCHEME) return undefined;
  const iv = Uint8Array.from(sealed.subarray(1, 1 + IV_BYTES));
  try {
    const opened = await crypto.subtle.decrypt(
      { name: "AES-GCM", iv, additionalData: encode(label) },
      await importKey(key, "decrypt"),
      Uint8Array.from(sealed.subarray(1 + IV_BYTES)),
    );
    return new TextDecoder().decode(opened);
  } catch {
    // The seal does not fit: WebCrypto says no more than that.
    return undefined;
  }
}

function importKey(key: Uint8Array, use: "encrypt" | "decrypt"): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", Uint8Array.from(key), "AES-GCM", false, [use]);
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
