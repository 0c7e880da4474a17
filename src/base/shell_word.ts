/**
 * A word of a command line, as a shell takes it back.
 *
 * @module
 */

/** The word itself where a shell leaves it alone, else in single quotes. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
