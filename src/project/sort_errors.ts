/**
 * The order in which the mistakes of a project are shown.
 *
 * @module
 */
import { compareText } from "~/base/text/compare_text.ts";
import { renderLocation, type UserError } from "~/base/user_error.ts";

/** Sorts by file and line; a mistake that was found twice (in a shared import) is kept once. */
export function sortErrors(errors: readonly UserError[]): UserError[] {
  const unique = new Map<string, UserError>();
  for (const error of errors) {
    const place = error.at ? renderLocation(error.at) : "";
    unique.set(`${place}\n${error.message}`, error);
  }
  return [...unique.values()].sort(compareErrors);
}

function compareErrors(a: UserError, b: UserError): number {
  return compareText(a.at?.path ?? "", b.at?.path ?? "") ||
    (a.at?.line ?? 0) - (b.at?.line ?? 0) || (a.at?.column ?? 0) - (b.at?.column ?? 0);
}
