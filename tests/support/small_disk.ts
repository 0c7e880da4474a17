/**
 * A disk that is soon full, or may only be read: a small file system over a folder, where this machine lets us mount.
 *
 * @module
 */

/** See the module's comment; disposing of it takes it off the folder. */
export interface SmallDisk extends AsyncDisposable {
  /** Mounts it anew: `size=64m`, `ro`. */
  remount(options: string): Promise<void>;
}

/** Mounts one; without the right to do so it says that the test is skipped, and gives none. */
export async function smallDisk(folder: string, options: string): Promise<SmallDisk | undefined> {
  await Deno.mkdir(folder, { recursive: true });
  if (!await succeeds("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder)) {
    // deno-lint-ignore no-console -- a skip without its reason would be a silent one.
    return void console.log("\nskipped: this needs the right to mount a file system");
  }
  return {
    async remount(options) {
      await succeeds("mount", "-o", `remount,${options}`, folder);
    },
    async [Symbol.asyncDispose]() {
      await succeeds("umount", folder);
    },
  };
}

/** Fills the disk that a folder is on, but for some room. */
export function fillDisk(folder: string, leftBytes: number): void {
  const filler = `${folder}/filler`;
  using file = Deno.openSync(filler, { create: true, write: true });
  const block = new Uint8Array(4_096);
  let size = 0;
  try {
    while (true) size += file.writeSync(block);
  } catch {
    // It is full, which was to be.
    file.truncateSync(Math.max(0, size - leftBytes));
  }
}

/** A program that is not there does not succeed either. */
async function succeeds(program: string, ...args: string[]): Promise<boolean> {
  const { success } = await new Deno.Command(program, { args, stderr: "null" }).output()
    .catch(() => ({ success: false }));
  return success;
}
