/**
 * The project that a call is about.
 *
 * @module
 */
import { findRoot, nearestRoot } from "~/project/find_root.ts";
import type { RunRequest } from "~/run/run_request.ts";

/** Finds its root: where `--project` says, else the nearest folder upward that is one. */
export function projectOf(options: { readonly project: string | undefined }): string {
  return findRoot(Deno.cwd(), options.project);
}

/**
 * The project's folder where commands that are shown have to name it: `--project` was given, and the current folder
 * does not tell the same.
 *
 * @returns Absolute: what a run tells is recorded, and read elsewhere too.
 */
export function namedProjectOf(
  options: { readonly project: string | undefined },
): string | undefined {
  if (options.project === undefined) return undefined;
  const root = projectOf(options);
  return nearestRoot(Deno.cwd()) === root ? undefined : root;
}

/** The project that is asked for, as a run is told of it. */
export function projectToRun(
  options: { readonly project: string | undefined },
): Pick<RunRequest, "project" | "namedProject"> {
  const namedProject = namedProjectOf(options);
  return { project: projectOf(options), ...(namedProject !== undefined && { namedProject }) };
}
