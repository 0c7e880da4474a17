/**
 * What to write into a TypeScript model's header, so that one of its directives lists a name more.
 *
 * @module
 */

/**
 * The hint for an error about a name that a directive does not list. A directive may stand in a
 * header once: where it is there already, the whole new line is told.
 *
 * @param directive Without its sign: `secrets`.
 * @param listed What it lists now; nothing where it is not there.
 */
export function headerHint(directive: string, listed: readonly string[], name: string): string {
  const line = `// @${directive}: ${[...listed, name].join(", ")}`;
  return listed.length === 0
    ? `Add "${line}" to the model's header`
    : `Write "${line}" into the header, in place of the line that is there`;
}
