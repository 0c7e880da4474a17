/** Names that are taken. @module */

/**
 * Whether anything has this name; a link that leads nowhere has it, too.
 *
 * @throws {Error} It cannot be looked at.
 */
export function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    const { NotFound, NotADirectory } = Deno.errors;
    if (error instanceof NotFound || error instanceof NotADirectory) return false;
    throw error;
  }
}
