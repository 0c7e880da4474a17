/**
 * The pattern that finds a secret in whatever way it is written.
 *
 * Each encoder escapes other characters: `encodeURIComponent` leaves `!` alone, PHP does not; .NET writes
 * `+` as `\u002B` in JSON. So each character is looked for by itself: as it is or in any of its escapes.
 * Letters and digits are escaped by nobody: a text without the longest run of them needs no further look.
 *
 * @module
 */
import { Buffer } from "node:buffer";

/** What finds a secret. */
export interface SecretPattern {
  /** Of a regular expression. */
  source: string;
  /** At most so long is what it finds. */
  longest: number;
  /** A pattern of something that is in all of it, and is looked for much faster. */
  probe: string;
}

/** Names that encoders of HTML and XML give to characters. */
const ENTITIES: Readonly<Record<string, string>> = {
  "&": "amp",
  "<": "lt",
  ">": "gt",
  '"': "quot",
  "'": "apos",
  "+": "plus",
  "/": "sol",
  "=": "equals",
  ":": "colon",
  ";": "semi",
  ",": "comma",
  ".": "period",
  "!": "excl",
  "?": "quest",
  "#": "num",
  "$": "dollar",
  "%": "percnt",
  "@": "commat",
  "*": "ast",
  "(": "lpar",
  ")": "rpar",
  "[": "lsqb",
  "]": "rsqb",
  "{": "lcub",
  "}": "rcub",
  "|": "verbar",
  "\\": "bsol",
  "^": "Hat",
  "_": "lowbar",
  "`": "grave",
  "\n": "NewLine",
  "\t": "Tab",
};

/** After a backslash, in JSON. */
const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  "\n": "n",
  "\r": "r",
  "\t": "t",
  "\b": "b",
  "\f": "f",
};

/** A shorter run of letters and digits is in most texts. */
const SHORTEST_PROBE = 4;
/** No escape of a character is longer. */
const LONGEST_ESCAPE = 24;

/**
 * Makes the pattern of a secret as text: as it is, escaped as JSON (also JSON in a string of JSON), URLs,
 * forms, HTML and XML do.
 *
 * @param literal How a character that is not escaped looks where it is searched.
 */
export function patternOf(secret: string, literal: (char: string) => string): SecretPattern {
  // Characters beyond 16 bits are one here; so is a run of backslashes.
  const parts = secret.match(/[A-Za-z0-9]+|\\+|[^]/gu) ?? [];
  const isPlain = (part: string) => /^[A-Za-z0-9]/.test(part);
  const sizeOf = (part: string) => part.length * (isPlain(part) ? 1 : LONGEST_ESCAPE);
  const source = parts.map((part) => isPlain(part) ? part : anyWayOf(part, literal)).join("");
  const [probe = ""] = parts.filter(isPlain).sort((a, b) => b.length - a.length);
  return {
    source,
    longest: parts.reduce((sum, part) => sum + sizeOf(part), 0),
    probe: probe.length < SHORTEST_PROBE ? source : probe,
  };
}

function anyWayOf(part: string, literal: (char: string) => string): string {
  if (!part.startsWith("\\")) return `(?:${waysOf(part, literal).join("|")})`;
  const { length } = part;
  // Each JSON text in another doubles them. The run is one, because parts of it can be told in many ways.
  const runs = [8, 4, 2, 1].map((times) => `\\\\{${length * times}}`);
  return `(?:${runs.join("|")}|(?:${escapesOf("\\").join("|")}){${length}})`;
}

/** The longer ones first: of a secret that ends in `&`, all of `&amp;` is to be taken out. */
function waysOf(char: string, literal: (char: string) => string): string[] {
  const ways = escapesOf(char);
  const short = SHORT_ESCAPES[char];
  if (short !== undefined) ways.push(`\\\\{1,7}${short}`);
  if (char === '"' || char === "/" || char === "'") ways.push(`\\\\{1,7}${char}`);
  ways.push(RegExp.escape(literal(char)));
  if (char === " ") ways.push("\\+");
  return ways;
}

function escapesOf(char: string): string[] {
  const code = char.codePointAt(0) ?? 0;
  const units = Array.from(
    { length: char.length },
    (_, i) => `\\\\{1,7}u${hex(char.charCodeAt(i), 4)}`,
  );
  const bytes = [...Buffer.from(char, "utf8")].map((byte) => `%(?:25)?${hex(byte, 2)}`);
  const entity = ENTITIES[char];
  return [
    units.join(""),
    bytes.join(""),
    `&(?:amp;)?#0{0,5}${code};`,
    `&(?:amp;)?#[xX]0{0,5}${hex(code, 0)};`,
    ...(entity === undefined ? [] : [`&(?:amp;)?${entity};`]),
    ...(code < 0x100 ? [`\\\\{1,7}x${hex(code, 2)}`] : []),
  ];
}

/** Digits beyond 9 are written in both cases. */
function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0")
    .replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}

/** Base64 text that is shorter than this would be found by chance. */
const SHORTEST_BASE64 = 8;

/**
 * Base64 of any text that contains the secret: its letters depend on where in a group of three
 * bytes the secret begins. Those at its ends, which depend on its neighbours too, are left out.
 */
export function base64Of(secret: string): string[] {
  const bytes = Buffer.from(secret, "utf8");
  return [0, 1, 2].flatMap((offset) => {
    const whole = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
    const first = Math.ceil((offset * 8) / 6);
    const end = Math.floor(((offset + bytes.length) * 8) / 6);
    const shape = whole.slice(first, end);
    return shape.length < SHORTEST_BASE64 ? [] : [shape];
  });
}
