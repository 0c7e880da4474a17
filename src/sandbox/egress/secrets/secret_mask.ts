/**
 * Takes the values of secrets out of what goes back to the model, the log and the state file.
 *
 * A secret of fewer than four characters is sent like any other, but not masked: a mask for it
 * would hit ordinary text everywhere and hide nothing that cannot be guessed.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { MASK } from "~/sandbox/protocol.ts";
import { shapesOf } from "./secret_encoding.ts";

const SHORTEST_MASKED = 4;
/** Access tokens come anew every hour or minute, and those before have ended. */
const MAX_TOKENS = 64;
/** Bytes looked at in one go: a long body is never turned into one long text. */
const WINDOW_BYTES = 1_024 * 1_024;

/** See the module's comment. */
export class SecretMask {
  #isEmpty = true;
  #inText = anyOf([]);
  /** The same for bytes, each byte read as one character. */
  #inBytes = anyOf([]);
  #longestBytes = 0;
  #secrets: readonly string[];
  #tokens: readonly string[] = [];

  constructor(secrets: readonly string[]) {
    this.#secrets = secrets;
    this.#build();
  }

  /** True: nothing is to be masked. */
  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** Masks what came to be a secret while the worker runs; of those only the newest are known. */
  add(token: string): void {
    if (token === "") return;
    const isNew = !this.#tokens.includes(token);
    this.#tokens = [...this.#tokens.filter((each) => each !== token), token].slice(-MAX_TOKENS);
    if (isNew) this.#build();
  }

  #build(): void {
    const all = [...this.#secrets, ...this.#tokens];
    const long = all.filter((secret) => secret.length >= SHORTEST_MASKED);
    const shapes = [...new Set(long.flatMap((secret) => [...shapesOf(secret)]))];
    const asBytes = shapes.map((shape) => Buffer.from(shape, "utf8").toString("latin1"));
    this.#isEmpty = shapes.length === 0;
    this.#inText = anyOf(shapes);
    this.#inBytes = anyOf(asBytes);
    this.#longestBytes = Math.max(0, ...asBytes.map((shape) => shape.length));
  }

  /** A mask that takes out these texts as well. */
  with(more: ReadonlySet<string>): SecretMask {
    return more.size === 0 ? this : new SecretMask([...this.#secrets, ...this.#tokens, ...more]);
  }

  /** Masks a text: a URL, a header, an error. */
  text(text: string): string {
    return this.isEmpty ? text : text.replace(this.#inText, MASK);
  }

  /** Masks a body, whatever is in it; the same array when nothing is to be masked. */
  bytes(bytes: Uint8Array): Uint8Array {
    if (this.isEmpty) return bytes;
    const parts: Uint8Array[] = [];
    let kept = 0;
    for (const { start, end } of this.#occurrences(bytes)) {
      if (start >= kept) parts.push(bytes.subarray(kept, start), Buffer.from(MASK));
      kept = Math.max(kept, end);
    }
    if (parts.length === 0) return bytes;
    return new Uint8Array(Buffer.concat([...parts, bytes.subarray(kept)]));
  }

  /** In order of their start; windows overlap, so that none is missed at an edge. */
  *#occurrences(bytes: Uint8Array): Generator<{ start: number; end: number }> {
    for (let from = 0; from < bytes.length; from += WINDOW_BYTES) {
      const length = Math.min(WINDOW_BYTES + this.#longestBytes, bytes.length - from);
      const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, length).toString("latin1");
      for (const match of text.matchAll(this.#inBytes)) {
        if (match.index >= WINDOW_BYTES) break;
        yield { start: from + match.index, end: from + match.index + match[0].length };
      }
    }
  }
}

/** Longest first: where one shape begins like another, the whole of it is taken out. */
function anyOf(texts: readonly string[]): RegExp {
  const longestFirst = [...texts].sort((a, b) => b.length - a.length);
  return new RegExp(longestFirst.map((text) => RegExp.escape(text)).join("|") || "(?!)", "g");
}
