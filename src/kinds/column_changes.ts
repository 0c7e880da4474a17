/**
 * How a target's columns differ from those it had.
 *
 * @module
 */

/** `"+ tier"` for a new column, `"- plan"` for one that is gone; nothing where there was no target. */
export function columnChanges(before: readonly string[], after: readonly string[]): string[] {
  if (before.length === 0) return [];
  return [
    ...after.filter((column) => !before.includes(column)).map((column) => `+ ${column}`),
    ...before.filter((column) => !after.includes(column)).map((column) => `- ${column}`),
  ];
}
