/**
 * Conditions in any number as one. SQLite nests a chain of ANDs or ORs, and takes 1,000 levels at most
 * (https://www.sqlite.org/limits.html#max_expr_depth): a chain of chains is flat enough.
 *
 * @module
 */
import { piecesOf } from "~/base/lists/pieces.ts";

const CHAIN_LENGTH = 100;

/** Joins them; parentheses around the whole are left to the caller. At least one. */
export function joinConditions(conditions: readonly string[], operator: "AND" | "OR"): string {
  const between = ` ${operator} `;
  if (conditions.length <= CHAIN_LENGTH) return conditions.join(between);
  return piecesOf(conditions, CHAIN_LENGTH).map((chain) => `(${chain.join(between)})`).join(
    between,
  );
}
