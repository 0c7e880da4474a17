/**
 * Lists with commas, as directives have them.
 *
 * @module
 */

/**
 * Splits at commas that are not inside double quotes; items are trimmed, empty ones kept.
 *
 * @example
 * ```ts
 * import { splitList } from "./split_list.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(splitList('id, "last, first"'), ["id", '"last, first"']);
 * ```
 */
export function splitList(text: string): string[] {
  const items = [""];
  let isQuoted = false;
  for (const character of text) {
    if (character === '"') isQuoted = !isQuoted;
    if (character === "," && !isQuoted) items.push("");
    else items[items.length - 1] += character;
  }
  return items.map((item) => item.trim());
}
