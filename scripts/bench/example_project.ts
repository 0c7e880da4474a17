/**
 * The repository's own example, copied: what a newcomer runs first.
 *
 * @module
 */
import { join } from "node:path";
import { REPOSITORY } from "./bench.ts";

const PARTS = ["models", "data"];

/** Copies the example's models and data into an empty folder. */
export async function copyExample(folder: string): Promise<void> {
  for (const part of PARTS) await copyFolder(join(REPOSITORY, part), join(folder, part));
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const entry of Deno.readDir(from)) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory) await copyFolder(source, target);
    else await Deno.copyFile(source, target);
  }
}
