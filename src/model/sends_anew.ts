/**
 * Tells of a tracked model whose own query makes every group another one each time: by the present time of day, or a
 * random value. It sends all of them again whenever it runs.
 *
 * @module
 */
import { UserError } from "~/base/user_error.ts";
import { findNewValue } from "~/sql/new_values.ts";
import type { Model } from "./model.ts";
import { placeInQuery } from "./present_time.ts";

const WORDS = {
  time: {
    what: "the present time",
    hint: "Leave it out of the query, or take the date alone: date('now').",
  },
  random: {
    what: "a random value",
    hint: "Leave it out of the query: what was sent is compared with it.",
  },
};

/** The warning, or `undefined` where there is nothing to warn of, as far as the model's text tells. */
export function warnSendsAnew(model: Model): UserError | undefined {
  const { name, kind, directives, sendsAt, queries = [] } = model;
  if (kind !== "tracked" || !directives.allowNet || !sendsAt) return undefined;
  for (const query of queries) {
    const value = query.isTracked ? findNewValue(query.sql) : undefined;
    if (!value) continue;
    const { what, hint } = WORDS[value.is];
    return new UserError(
      `${name} sends all its groups again whenever it runs: its query selects ${what}`,
      { at: placeInQuery(query, value.offset), hint },
    );
  }
  return undefined;
}
