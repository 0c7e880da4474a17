/**
 * The state file of a project, taken away and replaced as a person does it.
 *
 * @module
 */
import type { TempProject } from "../support/temp_project.ts";

/** Where it lies. */
export const STATE = ".spoor/spoor.db";

/** Removes it, and what SQLite keeps beside it. */
export async function removeState(project: TempProject): Promise<void> {
  for (const end of ["", "-wal", "-shm"]) {
    await project.remove(`${STATE}${end}`).catch((error) => {
      // Which of them are there is SQLite's business.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}

/** Puts a copy in its place; the copy stays where it is. */
export async function putBack(project: TempProject, copy: string): Promise<void> {
  await removeState(project);
  await Deno.copyFile(copy.startsWith("/") ? copy : project.path(copy), project.path(STATE));
}
