/**
 * Tells of a model that exports `verify` and is of a delivery in which nobody asks it: what has no answer is sent
 * again, though its writer meant it to be looked for.
 *
 * @module
 */
import { UserError } from "~/base/user_error.ts";
import type { Model } from "./model.ts";

/** The warning, or `undefined` where there is nothing to warn of. */
export function warnUnaskedVerify(model: Model): UserError | undefined {
  const { name, kind, path, directives, directiveLines, exportsVerify } = model;
  const sends = kind === "tracked" && directives.allowNet !== undefined;
  if (!exportsVerify || !sends || directives.delivery === "at_most_once") return undefined;
  const { delivery: line } = directiveLines;
  return new UserError(
    `${name} exports verify, which is never asked: what has no answer is sent again, as its delivery is at_least_once`,
    {
      at: { path, ...(line && { line }) },
      hint:
        'Write "// @delivery: at_most_once" to have it asked, or give what is exported another name.',
    },
  );
}
