/** Files that are there, and not empty. @module */

/**
 * Whether a file is there and has anything in it.
 *
 * @throws {Error} It cannot be looked at.
 */
export function hasContent(path: string): boolean {
  try {
    return Deno.statSync(path).size > 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
