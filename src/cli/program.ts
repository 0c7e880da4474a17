/**
 * What this program is called.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

/** What to type to call it: the binary, or in a clone of its sources their task. */
export const PROGRAM: string = isInClone() ? "deno task spoor" : "spoor";

/** Deno looks for tasks in the folders above, so in a project beside the clone there is none. */
function isInClone(): boolean {
  if (Deno.build.standalone) return false;
  const clone = fileURLToPath(new URL("../../", import.meta.url));
  return `${Deno.cwd()}/`.startsWith(clone);
}
