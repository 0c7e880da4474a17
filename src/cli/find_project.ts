/**
 * The project that a call is about.
 *
 * @module
 */
import { findRoot } from "~/project/find_root.ts";

/** Finds its root: where `--project` says, else the nearest folder upward that is one. */
export function projectOf(options: { readonly project: string | undefined }): string {
  return findRoot(Deno.cwd(), options.project);
}
