/**
 * Tells of a model that sends what it reads in every run, changed or not: mostly one that was meant to be
 * `tracked`.
 *
 * @module
 */
import { UserError } from "~/base/user_error.ts";
import type { Model } from "./model.ts";

/** The warning, or `undefined` where there is nothing to warn of, as far as the model's text tells. */
export function warnSendsEverything(model: Model): UserError | undefined {
  const { name, kind, directives, references, sendsAt } = model;
  if (kind !== "table" || !directives.allowNet || references.length === 0 || !sendsAt) {
    return undefined;
  }
  return new UserError(
    `${name} sends all its rows whenever it runs, because its kind is table`,
    {
      at: sendsAt,
      hint: `With "// @kind: tracked" and "// @unique_key: column" it sends what changed.`,
    },
  );
}
