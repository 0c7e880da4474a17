/**
 * Puts the real values of secrets where a model has put their stand-ins, and signatures where it
 * has put theirs.
 *
 * A stand-in consists of letters, digits and `_ - . ~`: no encoding of URLs, forms or JSON changes
 * it, so that it is found wherever the model's text went. The value is encoded as its place wants.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { isSignature, readSignature, sign, signaturePattern } from "./signatures.ts";

/** A secret as the worker is told it. */
export interface Secret {
  name: string;
  standIn: string;
  value: string;
}

/** See the module's comment. */
export class StandIns {
  #values: ReadonlyMap<string, string>;
  #pattern: RegExp | undefined;

  /** @throws {Error} If a stand-in has a character that an encoding would change. */
  constructor(secrets: readonly Secret[]) {
    for (const { name, standIn } of secrets) {
      if (!/^[\w.~-]+$/.test(standIn)) {
        throw new Error(`The stand-in of ${name} has wrong characters`);
      }
    }
    this.#values = new Map(secrets.map((each) => [each.standIn, each.value.toWellFormed()]));
    if (secrets.length === 0) return;
    // Longest first, in case one stand-in begins like another.
    const standIns = secrets.map((each) => each.standIn).sort((a, b) => b.length - a.length);
    const pattern = standIns.map((text) => RegExp.escape(text)).join("|");
    this.#pattern = new RegExp(`${signaturePattern(pattern)}|${pattern}`, "g");
  }

  /** Whether a text holds a stand-in. */
  isIn(text: string): boolean {
    return this.#pattern !== undefined && text.search(this.#pattern) >= 0;
  }

  /**
   * Replaces every stand-in by its value, encoded by `encode`.
   *
   * @param signatures Is given the signatures that were made.
   * @throws {EgressFailure} The stand-in of a signature was cut or changed.
   */
  replace(
    text: string,
    signatures: Set<string>,
    encode: (value: string) => string = (value) => value,
  ): string {
    if (this.#pattern === undefined) return text;
    return text.replace(this.#pattern, (found) => {
      const value = isSignature(found) ? this.#sign(found, signatures) : this.#values.get(found);
      return encode(value ?? found);
    });
  }

  /** The text that a whole URL begins with may be a secret itself: a webhook's address. */
  replaceAtStart(text: string): string {
    for (const [standIn, value] of this.#values) {
      if (text.startsWith(standIn)) return value.trim() + text.slice(standIn.length);
    }
    return text;
  }

  /** Replaces stand-ins in bytes, a multipart upload say; values go in as UTF-8. */
  replaceBytes(bytes: Uint8Array, signatures: Set<string>): Uint8Array {
    if (this.#pattern === undefined) return bytes;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
    if (!this.isIn(text)) return bytes;
    const toLatin1 = (value: string) => Buffer.from(value, "utf8").toString("latin1");
    return new Uint8Array(Buffer.from(this.replace(text, signatures, toLatin1), "latin1"));
  }

  /** What is signed may hold stand-ins itself: then what is sent in their place is signed. */
  #sign(found: string, signatures: Set<string>): string {
    const signature = readSignature(found);
    const text = this.replace(signature.text, signatures);
    const made = sign(signature, text, this.#values.get(signature.standIn) ?? "");
    signatures.add(made);
    return made;
  }
}
