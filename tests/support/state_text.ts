/**
 * All that Spoor keeps of a project, to look for what must not be there.
 *
 * @module
 */
import type { TempProject } from "./temp_project.ts";

/** The files of `.spoor` as one text, byte by byte. */
export async function stateText(project: TempProject): Promise<string> {
  let text = "";
  for await (const { name, isFile } of Deno.readDir(project.path(".spoor"))) {
    if (isFile) text += new TextDecoder("latin1").decode(await project.bytes(`.spoor/${name}`));
  }
  return text;
}
