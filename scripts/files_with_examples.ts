/**
 * Finds the files whose comments have runnable examples.
 *
 * @module
 */

/** A fence of TypeScript inside a comment, unless it says `ignore`. */
const RUNNABLE_FENCE = /^\s*\* ```ts$/m;

/**
 * Lists TypeScript files with examples, sorted.
 *
 * @param root Folder that the paths are relative to, with a slash at its end.
 * @param folders Where to look, with all that is below.
 */
export async function filesWithExamples(
  root: string,
  folders: readonly string[],
): Promise<string[]> {
  const found: string[] = [];
  for (const folder of folders) {
    for await (const path of typeScriptFiles(root, folder)) {
      if (RUNNABLE_FENCE.test(await Deno.readTextFile(`${root}${path}`))) found.push(path);
    }
  }
  return found.toSorted();
}

async function* typeScriptFiles(root: string, folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(`${root}${folder}`)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* typeScriptFiles(root, path);
    else if (path.endsWith(".ts") && !path.endsWith("_test.ts")) yield path;
  }
}
