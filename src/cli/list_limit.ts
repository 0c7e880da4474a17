/**
 * How much of a list is wanted: one rule for all commands that list.
 *
 * @module
 */
import { parseCount } from "./parse_count.ts";

/** The options of such a command. */
export interface ListOptions {
  /** `--limit`, as it was typed. */
  limit?: string | undefined;
  all: boolean;
  json: boolean;
}

/** More than any list has. */
export const ALL = Number.MAX_SAFE_INTEGER;

/**
 * Tells how many entries are listed: as many as asked for; else all for a program, the first for a person.
 *
 * @param shown How many a person sees.
 * @throws {UserError} With exit code 2: the limit is no whole number from 1.
 */
export function listLimit({ limit, all, json }: ListOptions, shown: number): number {
  const asked = limit === undefined ? undefined : parseCount("limit", limit);
  if (all) return ALL;
  return asked ?? (json ? ALL : shown);
}

/** What the help of `--limit` says of what it lists. */
export function limitHelp(what: string, shown: number): string {
  return `${what} (${shown} if not given; all with --json)`;
}
