/**
 * The repository's example as a project's files: its models and their data.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Reads `models/` and `data/`: project path → text. */
export async function exampleFiles(): Promise<Record<string, string>> {
  return { ...await textsBelow("models"), ...await textsBelow("data") };
}

async function textsBelow(folder: string): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  for await (const entry of Deno.readDir(ROOT + folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) Object.assign(texts, await textsBelow(path));
    else texts[path] = await Deno.readTextFile(ROOT + path);
  }
  return texts;
}
