/**
 * Where a directive of a model stands.
 *
 * @module
 */
import type { SourceLocation } from "~/base/user_error.ts";
import type { Model } from "./model.ts";

/** The directive's line, in the header or in the settings; the file alone, where neither has it. */
export function placeOfDirective(
  { path, directiveLines, defaultPlaces }: Pick<Model, "path" | "directiveLines" | "defaultPlaces">,
  directive: string,
): SourceLocation {
  const line = directiveLines[directive];
  return line === undefined ? defaultPlaces?.[directive] ?? { path } : { path, line };
}
