/**
 * What Spoor is to have one day, and has not: whoever writes its name has made no mistake, and is told so.
 *
 * @module
 */

/** The list of the README, by what each would be. */
export const NOT_BUILT_YET = {
  command: ["lineage", "test", "ui", "serve"],
  kind: ["append", "merge", "scd2"],
  /** Without `@`. */
  directive: ["incremental", "constraint", "audit", "warning"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** Whether a name is that of something that is not there yet. */
export function isNotBuiltYet(what: keyof typeof NOT_BUILT_YET, name: string): boolean {
  const names: readonly string[] = NOT_BUILT_YET[what];
  return names.includes(name);
}
