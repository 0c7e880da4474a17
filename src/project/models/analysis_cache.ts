/**
 * What was found in files, kept from run to run by the hash of their text.
 *
 * Parsing is the slowest part of loading a project: TypeScript by far, but SQL too where there are
 * thousands of models. A cache is never needed and never trusted to be there; it holds nothing
 * about files with mistakes, whose words may change.
 *
 * @module
 */

/** Where findings are kept. Keys are short and of ASCII; values are JSON. */
export interface AnalysisCache {
  get(key: string): string | undefined;
  set(key: string, json: string): void;
}

/** Finds what was kept; what cannot be read is as good as none. */
export function recall<T>(cache: AnalysisCache | undefined, key: string): T | undefined {
  const json = cache?.get(key);
  if (json === undefined) return undefined;
  try {
    return JSON.parse(json);
  } catch {
    // The cache is only there to save time.
    return undefined;
  }
}

/** Keeps what was found, and returns it. */
export function keep<T>(cache: AnalysisCache | undefined, key: string, found: T): T {
  cache?.set(key, JSON.stringify(found));
  return found;
}
