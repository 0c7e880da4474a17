/**
 * What a command prints with `--json`.
 *
 * @module
 */
import type { TempProject } from "./temp_project.ts";

/** One line; its fields are the command's own. */
export type JsonLine = Record<string, unknown> & { type: string };

/** Calls a command with `--json` and reads its lines. */
export async function readLines(project: TempProject, ...args: string[]): Promise<JsonLine[]> {
  const { stdout } = await project.run([...args, "--json"]);
  return stdout.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}
