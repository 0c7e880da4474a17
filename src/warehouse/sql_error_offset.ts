/**
 * Where in a statement SQLite found its mistake. `node:sqlite` does not give the offset, only the
 * words, so it is found by trying.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { type Token, tokenizeSql } from "~/sql/tokens.ts";

/**
 * Finds the token that SQLite complains about.
 *
 * - A name that it does not know: the token of that name.
 * - A syntax error: the first token with which the statement's beginning is refused for another
 *   reason than that it is incomplete.
 *
 * @param message What SQLite said of the whole statement.
 * @returns A UTF-16 offset, or `undefined` when it cannot be told.
 */
export function findSqlErrorOffset(
  db: DatabaseSync,
  sql: string,
  message: string,
): number | undefined {
  const tokens = tokenizeSql(sql).filter((token) => token.kind !== "comment");
  const named =
    /^(?:no such column|no such table|no such function|ambiguous column name|wrong number of arguments to function): ?"?([^"]*?)"?(?:\(.*| - .*)?$/
      .exec(message)?.[1];
  if (named !== undefined) return findName(tokens, named);
  if (/syntax error|unrecognized token/.test(message)) return findSyntaxError(db, sql, tokens);
  return undefined;
}

function findName(tokens: readonly Token[], name: string): number | undefined {
  const last = name.split(".").at(-1)?.toLowerCase();
  return tokens.find((token) =>
    token.text.replace(/^["`[']|["`\]']$/g, "").toLowerCase() === last ||
    token.text.toLowerCase() === `"${name.toLowerCase()}"`
  )?.start;
}

/** Binary search: once a beginning is refused, every longer one is refused too. */
function findSyntaxError(
  db: DatabaseSync,
  sql: string,
  tokens: readonly Token[],
): number | undefined {
  let low = 0;
  let high = tokens.length - 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isRefused(db, sql.slice(0, tokens[middle]?.end))) high = middle;
    else low = middle + 1;
  }
  return tokens[low]?.start;
}

function isRefused(db: DatabaseSync, beginning: string): boolean {
  try {
    db.prepare(beginning);
    return false;
  } catch (error) {
    return /syntax error|unrecognized token/.test(error instanceof Error ? error.message : "");
  }
}
