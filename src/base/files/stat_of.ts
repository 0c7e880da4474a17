/**
 * What stands at a path, for who goes on without it.
 *
 * @module
 */

/** Once all links are followed; `undefined`: nothing, or what cannot be looked at. */
export function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    return undefined; // Who is to open it, or to write there, is told why.
  }
}
