/**
 * Keys of groups in a plan, for people: the text 7 and the number 7 are two groups.
 *
 * @module
 */
import { decodeGroupKey, renderGroupKey } from "~/tracked/group_key.ts";
import type { PlannedChange } from "./plan_document.ts";

/** `id = 7`, `id = '7'` for a text. The key by columns is what programs read, and has numbers and texts alike. */
export function plannedKeyText({ group, key }: Pick<PlannedChange, "group" | "key">): string {
  return renderGroupKey(Object.keys(key), decodeGroupKey(group));
}
