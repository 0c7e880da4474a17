/**
 * From the name in a model's `@rate_limit` to the rate that `spoor.yaml` gives it.
 *
 * @module
 */
import { closestWord } from "~/base/text/closest_word.ts";
import type { Rate } from "~/base/time/rate.ts";
import { UserError } from "~/base/user_error.ts";
import type { Model } from "~/model/model.ts";
import { placeOfDirective } from "~/model/place_of_directive.ts";
import { SETTINGS_FILE } from "~/project/find_root.ts";

/** Puts the rate into the model, or says that there is none of this name. */
export function resolveRateLimit(
  model: Model,
  known: Readonly<Record<string, Rate>>,
): { model: Model; errors: UserError[] } {
  const { name } = model.directives.rateLimit ?? {};
  if (name === undefined) return { model, errors: [] };
  const rate = Object.hasOwn(known, name) ? known[name] : undefined;
  if (rate === undefined) return { model, errors: [unknownLimit(model, name, Object.keys(known))] };
  const directives = { ...model.directives, rateLimit: { name, rate } };
  return { model: { ...model, directives }, errors: [] };
}

function unknownLimit(
  model: Model,
  name: string,
  known: readonly string[],
): UserError {
  const meant = closestWord(name, known);
  return new UserError(
    `Cannot use the rate limit "${name}": "${SETTINGS_FILE}" gives none of this name`,
    {
      at: placeOfDirective(model, "rate_limit"),
      hint: meant
        ? `Did you mean "${meant}"?`
        : `Write a rate, as in "100/10s", or add "${name}: 100/10s" under "rate_limits:" to "${SETTINGS_FILE}".`,
    },
  );
}
