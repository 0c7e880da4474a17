/**
 * Where a directive stands in a model's file.
 *
 * @module
 */
import type { SourceLocation } from "~/base/user_error.ts";
import type { Model } from "./model.ts";

/** The directive's line; the file alone, where its header does not have it. */
export function placeOfDirective(
  { path, directiveLines }: Pick<Model, "path" | "directiveLines">,
  directive: string,
): SourceLocation {
  const line = directiveLines[directive];
  return { path, ...(line !== undefined && { line }) };
}
