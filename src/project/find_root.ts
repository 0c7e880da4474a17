/**
 * Finds the project that a command is about.
 *
 * @module
 */
import { dirname, resolve } from "node:path";
import { statOf } from "~/base/files/stat_of.ts";
import { shellPath } from "~/base/text/shell_word.ts";
import { UserError } from "~/base/user_error.ts";

/** The file with a project's settings. */
export const SETTINGS_FILE = "spoor.yaml";

/** The folder with a project's models. */
export const MODELS_FOLDER = "models";

/**
 * Finds the root: the nearest folder upward that holds `spoor.yaml` or `models/`.
 *
 * @param cwd Where to begin, absolute.
 * @param project What `--project` says; looked at alone, relative to `cwd`.
 * @returns Absolute path.
 * @throws {UserError} There is no project.
 */
export function findRoot(cwd: string, project?: string): string {
  if (project !== undefined) return namedRoot(resolve(cwd, project), project);
  const root = nearestRoot(cwd);
  if (root !== undefined) return root;
  throw new UserError(
    `Cannot find a project: neither "${cwd}" nor a folder above it holds "${SETTINGS_FILE}" or "${MODELS_FOLDER}/"`,
    {
      hint: `Run "spoor init" to begin one here, or name its folder by "--project DIR".`,
      exitCode: 2,
    },
  );
}

/** The nearest folder upward that is a project, if there is one. */
export function nearestRoot(cwd: string): string | undefined {
  for (let folder = resolve(cwd);; folder = dirname(folder)) {
    if (isProject(folder)) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

function namedRoot(folder: string, asWritten: string): string {
  // A variable that is not set, most likely: the project of the current folder is not what was meant.
  if (asWritten === "") {
    throw new UserError("Cannot find a project: --project is empty", {
      hint: `Give it the folder that holds "${MODELS_FOLDER}/", or leave it out.`,
      exitCode: 2,
    });
  }
  if (isProject(folder)) return folder;
  if (statOf(folder)?.isDirectory) {
    throw new UserError(
      `Cannot find a project: "${asWritten}" holds neither "${SETTINGS_FILE}" nor "${MODELS_FOLDER}/"`,
      { hint: `Run "spoor init ${shellPath(asWritten)}" to begin one there.`, exitCode: 2 },
    );
  }
  throw new UserError(`Cannot find a project: "${asWritten}" is not a folder`, {
    hint: `Give "--project" the folder that holds "${MODELS_FOLDER}/".`,
    exitCode: 2,
  });
}

/** What cannot be looked at is not the project that is meant; the search goes on above it. */
function isProject(folder: string): boolean {
  return statOf(`${folder}/${SETTINGS_FILE}`)?.isFile === true ||
    statOf(`${folder}/${MODELS_FOLDER}`)?.isDirectory === true;
}
