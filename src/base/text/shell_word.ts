/**
 * A word of a command line, as a shell takes it back.
 *
 * @module
 */

/** What a terminal does not show as it is: control characters, and those that turn the direction of writing. */
// deno-lint-ignore no-control-regex -- control characters are what this is about.
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

/**
 * The word itself where a shell leaves it alone, else in quotes: in double ones where it has single ones. What cannot
 * be seen is written out, as in `$'a\nb'`: copied off a screen it would be lost.
 */
export function shellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (UNSEEN.test(word)) return `$'${[...word].map(writtenOut).join("")}'`;
  if (word.includes("'") && !/["$`\\!]/.test(word)) return `"${word}"`;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A path as an argument: what begins with a dash would be an option. */
export function shellPath(path: string): string {
  return shellWord(path.startsWith("-") ? `./${path}` : path);
}

const SHORT: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "'": "\\'",
  "\\": "\\\\",
};

/** By three digits a byte: shells differ in how many of `\x` and `\u` they read, and in what those are. */
function writtenOut(character: string): string {
  const short = SHORT[character];
  if (short !== undefined || !UNSEEN.test(character)) return short ?? character;
  const bytes = [...new TextEncoder().encode(character)];
  return bytes.map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
}
