/**
 * What is said before a large state file of an earlier version is brought up to date: it takes a while, in
 * which nothing else is printed.
 *
 * @module
 */
import type { StateMigration } from "~/store/file/open_state.ts";
import type { Output } from "./output.ts";
import { renderSize } from "./size_text.ts";

/** Below this it takes about a second. */
const LARGE_BYTES = 20_000_000;

/** The line; nothing for a file that is done at once. */
export function migrationText(
  { from, to, sizeBytes, isOfCopy }: StateMigration,
): string | undefined {
  if (sizeBytes < LARGE_BYTES) return undefined;
  const what = `the state file from version ${from} to ${to} (${renderSize(sizeBytes)})`;
  return isOfCopy
    ? `Bringing a copy of ${what}, for this plan alone; the next run does it for good.`
    : `Bringing ${what}; this is done once.`;
}

/** Says it on standard error. */
export function tellMigration(output: Output): (migration: StateMigration) => void {
  return (migration) => {
    const text = migrationText(migration);
    if (text !== undefined) output.errorLine(text);
  };
}
