/**
 * The order in which the mistakes of a project are shown.
 *
 * @module
 */
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
  const pathA = a.at?.path ?? "";
  const pathB = b.at?.path ?? "";
  if (pathA !== pathB) return pathA < pathB ? -1 : 1;
  return (a.at?.line ?? 0) - (b.at?.line ?? 0) || (a.at?.column ?? 0) - (b.at?.column ?? 0);
}
