/**
 * Directives of a tracked model that would hold back nothing: a limit that does nothing would be believed.
 *
 * @module
 */
import { UserError } from "~/base/user_error.ts";
import type { Model } from "~/model/model.ts";
import { onlySaves } from "~/model/only_saves.ts";
import { placeOfDirective } from "~/model/place_of_directive.ts";

/** What these are about is found by comparing a query with what was accepted. */
const OF_A_QUERY: readonly string[] = ["on_removed", "max_removed", "max_changes", "max_attempts"];

/**
 * Finds them in a model's own header; a default of the project is for models that can use it.
 *
 * @param model With the project's defaults.
 */
export function checkLimits(model: Model): UserError[] {
  const isGiven = (name: string) => model.directiveLines[name] !== undefined;
  if (onlySaves(model)) {
    return OF_A_QUERY.filter(isGiven).map((name) =>
      useless(model, name, `reads no query, and only saves rows`, "Remove the line.")
    );
  }
  if (model.directives.onRemoved !== "keep" || !isGiven("max_removed")) return [];
  return [
    useless(
      model,
      "max_removed",
      `has "@on_removed: keep", and removes nothing`,
      `Remove the line, or set "@on_removed: forget" or "@on_removed: deliver".`,
    ),
  ];
}

function useless(model: Model, name: string, why: string, hint: string): UserError {
  return new UserError(`Cannot use "@${name}" here: "${model.name}" ${why}`, {
    at: placeOfDirective(model, name),
    hint,
  });
}
