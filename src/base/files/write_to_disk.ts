/**
 * A file that is on the disk when it is written, and not only given to the system.
 *
 * @module
 */

/**
 * Writes it whole.
 *
 * @param options How to open it: what to do where it is there, and its mode.
 */
export function writeToDisk(path: string, text: string, options: Deno.OpenOptions): void {
  using file = Deno.openSync(path, { ...options, write: true });
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
  file.syncSync();
}
