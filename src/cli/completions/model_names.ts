/**
 * The names of a project's models by their files alone: nothing is read, so that a shell waits
 * for nothing.
 *
 * @module
 */
import { findRoot } from "~/project/find_root.ts";
import { modelNames } from "~/project/models/find_models.ts";

/** Names of the models of the project that the folder belongs to; none where there is none. */
export function modelNamesAround(folder: string): string[] {
  try {
    return modelNames(findRoot(folder));
  } catch {
    // Whatever is wrong here, a shell that completes is not the place to say it.
    return [];
  }
}
