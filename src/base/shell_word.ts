/**
 * A word of a command line, as a shell takes it back.
 *
 * @module
 */

/** The word itself where a shell leaves it alone, else in quotes: in double ones where it has single ones. */
export function shellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (word.includes("'") && !/["$`\\!]/.test(word)) return `"${word}"`;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
