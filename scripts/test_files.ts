/**
 * Finds the files of tests below a folder.
 *
 * @module
 */

/**
 * Lists them, sorted.
 *
 * @param root Folder that the paths are relative to, with a slash at its end.
 * @param folder Where to look, with all that is below.
 */
export async function testFiles(root: string, folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${root}${folder}`)) {
    const path = `${folder}/${name}`;
    if (isDirectory) found.push(...await testFiles(root, path));
    else if (name.endsWith("_test.ts")) found.push(path);
  }
  return found.toSorted();
}
