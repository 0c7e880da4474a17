/**
 * What this program is called.
 *
 * @module
 */

/** What to type to call it: the binary, or in a clone of its sources their task. */
export const PROGRAM: string = Deno.build.standalone ? "spoor" : "deno task spoor";
