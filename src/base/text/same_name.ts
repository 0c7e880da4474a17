/**
 * Names of columns and tables as SQLite compares them: in ASCII letters case does not count, in all
 * others it does. `ID` and `id` are one column, `É` and `é` are two; `toLowerCase()` would take
 * these for one, and what is in one of them would be lost.
 * https://www.sqlite.org/c3ref/stricmp.html
 *
 * @module
 */

/** A form that two names share when SQLite takes them for one: ASCII letters in lower case. */
export function foldName(name: string): string {
  return /[A-Z]/.test(name) ? name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : name;
}

/** A test whether SQLite takes a name for one of these. */
export function nameTest(names: readonly string[]): (name: string) => boolean {
  const known = new Set(names.map(foldName));
  return (name) => known.has(foldName(name));
}

/** Whether SQLite takes two names for one. */
export function isSameName(a: string, b: string): boolean {
  return a === b || foldName(a) === foldName(b);
}
