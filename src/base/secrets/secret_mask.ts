/**
 * Takes the values of secrets out of texts and bodies: out of what goes back to a model, to the log and to
 * the state file.
 *
 * A secret of fewer than four characters is sent like any other, but not masked: a mask for it
 * would hit ordinary text everywhere and hide nothing that cannot be guessed. Not found is what only a program that
 * looks for it can read: base64 that is broken into lines, hex with something between its digits.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { MASK } from "./mask.ts";
import { base64Of, patternOf } from "./secret_pattern.ts";

const SHORTEST_MASKED = 4;
/** Access tokens come anew every hour or minute, and those before have ended. */
const MAX_TOKENS = 64;
/** Bytes looked at in one go: a long body is never turned into one long text. */
const WINDOW_BYTES = 1_024 * 1_024;

/** What is looked for in texts, or in bytes, each read as one character. */
interface Search {
  all: () => RegExp;
  /** Finds nothing in a text without secrets, and that fast. */
  probe: RegExp;
  /** At most so long is what is found. */
  longest: number;
}

const NOTHING: Search = { all: () => /(?!)/g, probe: /(?!)/, longest: 0 };

/** See the module's comment. */
export class SecretMask {
  #inText = NOTHING;
  #inBytes = NOTHING;
  #secrets: readonly string[];
  #tokens: readonly string[] = [];

  /** @param below Masks first. */
  constructor(secrets: readonly string[], private readonly below?: SecretMask) {
    this.#secrets = secrets;
    this.#build();
  }

  /** True: nothing is to be masked. */
  get isEmpty(): boolean {
    return this.#inText === NOTHING && (this.below?.isEmpty ?? true);
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
    if (long.length === 0) return;
    // Longest first: where one begins like another, the whole of it is taken out.
    const forms = [...new Set(long.flatMap(formsOf))].sort((a, b) => b.length - a.length);
    this.#inText = searchFor(forms, (char) => char);
    this.#inBytes = searchFor(forms, toLatin1);
  }

  /** A mask that takes out these texts as well. Making it costs no more than they do. */
  with(more: ReadonlySet<string>): SecretMask {
    return more.size === 0 ? this : new SecretMask([...more], this);
  }

  /** Masks a text: a URL, a header, an error. */
  text(text: string): string {
    const below = this.below?.text(text) ?? text;
    return this.#inText.probe.test(below) ? below.replace(this.#inText.all(), MASK) : below;
  }

  /** Masks a body, whatever is in it; the same array when nothing is to be masked. */
  bytes(given: Uint8Array): Uint8Array {
    const bytes = this.below?.bytes(given) ?? given;
    if (this.#inBytes === NOTHING) return bytes;
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
    const { all, probe, longest } = this.#inBytes;
    for (let from = 0; from < bytes.length; from += WINDOW_BYTES) {
      const length = Math.min(WINDOW_BYTES + longest, bytes.length - from);
      const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, length).toString("latin1");
      if (!probe.test(text)) continue;
      for (const match of text.matchAll(all())) {
        if (match.index >= WINDOW_BYTES) break;
        yield { start: from + match.index, end: from + match.index + match[0].length };
      }
    }
  }
}

function searchFor(forms: readonly string[], literal: (char: string) => string): Search {
  const patterns = forms.flatMap(piecesOf).map((piece) => patternOf(piece, literal));
  let all: RegExp | undefined;
  return {
    // Only made where something is found: of a long secret that takes a while.
    all: () => all ??= new RegExp(`(?:${patterns.map(({ source }) => source).join("|")})+`, "g"),
    probe: new RegExp([...new Set(patterns.map(({ probe }) => probe))].join("|")),
    longest: Math.max(...patterns.map(({ longest }) => longest)),
  };
}

/** The pattern of a longer text is more than the engine of regular expressions takes. */
const LONGEST_PIECE = 1_000;

/** Of a text that is longer each piece is looked for. */
function piecesOf(form: string): string[] {
  if (form.length <= LONGEST_PIECE) return [form];
  const chars = [...form];
  const length = Math.ceil(chars.length / Math.ceil(chars.length / LONGEST_PIECE));
  return Array.from(
    { length: Math.ceil(chars.length / length) },
    (_, i) => chars.slice(i * length, (i + 1) * length).join(""),
  );
}

/** A shorter secret may be a word, which in another case is innocent text. */
const SHORTEST_IN_ANY_CASE = 12;
/** Of a longer one the case says much, so that nobody changes it; and to look for it takes long. */
const LONGEST_IN_ANY_CASE = 200;
/** A shorter one is a word, as ENCRYPTED, or the last line, which is as good as nothing. */
const SHORTEST_LINE = 16;

/**
 * The texts that are a secret: it, as an address as the URL parser writes it, in base64 and in hex, and in capitals or
 * small letters; of a key file also each of its lines, as what shows it may join or indent them.
 */
function formsOf(secret: string): string[] {
  const value = secret.toWellFormed();
  const base64 = base64Of(value);
  const hex = Buffer.from(value, "utf8").toString("hex");
  return [
    value,
    ...(URL.canParse(value) ? [new URL(value).href] : []),
    ...base64,
    ...base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
    hex,
    hex.toUpperCase(),
    // Bytes of a header are read as one character each.
    toLatin1(value),
    ...isInAnyCase(value) ? [value.toLowerCase(), value.toUpperCase()] : [],
    ...linesOfKey(value),
  ];
}

function isInAnyCase({ length }: string): boolean {
  return length >= SHORTEST_IN_ANY_CASE && length <= LONGEST_IN_ANY_CASE;
}

/** In a text of JSON its lines are ended by an escape. */
function linesOfKey(value: string): string[] {
  if (!value.includes("-----BEGIN ")) return [];
  return value.split(/\s+|(?:\\+[rn])+/).filter((line) =>
    line.length >= SHORTEST_LINE && /^[A-Za-z0-9+/]+=*$/.test(line)
  );
}

function toLatin1(char: string): string {
  return Buffer.from(char, "utf8").toString("latin1");
}
