/**
 * Where in a SQL text the mistake is that SQLite complains about.
 *
 * SQLite knows the place of an error, but `node:sqlite` passes on the message only. The message
 * quotes a token or a name, so the place can be found again.
 *
 * @module
 */
import { foldName } from "~/base/text/same_name.ts";
import { unquoteIdentifier } from "./identifiers.ts";
import { isOperator, type Token, tokenizeWithoutComments } from "./tokens.ts";

/**
 * Finds the offset of what SQLite's message is about.
 *
 * @param sql The text that SQLite was given.
 * @param message What SQLite said when it prepared the text.
 * @param errorOf Prepares another text and gives SQLite's message, or `undefined` if there is none.
 * Called with beginnings of `sql`, about as often as the length of the text has binary digits.
 * @returns A UTF-16 offset, or `undefined` when the message names nothing that the text has.
 */
export function findSqlErrorOffset(
  sql: string,
  message: string,
  errorOf: (sql: string) => string | undefined,
): number | undefined {
  if (message === "incomplete input") return sql.trimEnd().length;
  const tokens = tokenizeWithoutComments(sql);
  const near = /^near "(.*)": syntax error$/s.exec(message)?.[1];
  if (near !== undefined) return findSyntaxError(sql, tokens, near, message, errorOf);
  const unrecognized = /^unrecognized token: "(.*)"$/s.exec(message)?.[1];
  if (unrecognized !== undefined) {
    return tokens.find((token) => token.text.startsWith(unrecognized) && isBroken(token))?.start;
  }
  for (const pattern of NAMED) {
    const name = pattern.exec(message)?.[1];
    if (name !== undefined) return findName(tokens, name);
  }
  return undefined;
}

/** Messages that quote a name; the more exact ones first. */
const NAMED: readonly RegExp[] = [
  /^no such column: "(.*)" - should this be a string literal/s,
  /^no such (?:table|column|function|index|window|collation sequence): (.*)$/s,
  /^(?:ambiguous column name|circular reference): (.*)$/s,
  /^(?:misuse of (?:aggregate|window) function|wrong number of arguments to function) (.*)\(\)$/s,
  /^table (.*) has \d+ values for \d+ columns$/s,
  /^cannot join using column (.*) - column not present/s,
];

/**
 * A text that ends before the wrong token has another error or none; any that ends after it has
 * the same one. So the first such end can be searched for by halves.
 */
function findSyntaxError(
  sql: string,
  tokens: readonly Token[],
  near: string,
  message: string,
  errorOf: (sql: string) => string | undefined,
): number | undefined {
  const candidates = tokens.filter((token) => token.text === near);
  let low = 0;
  let high = candidates.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    const isAfterError = errorOf(sql.slice(0, candidates[middle]?.end)) === message;
    if (isAfterError) high = middle;
    else low = middle + 1;
  }
  return candidates[low]?.start;
}

function isBroken(token: Token): boolean {
  return token.kind === "unknown" || token.kind === "number" || token.kind === "blob" ||
    token.unterminated === true;
}

/** The first name, with its dots, that reads like `name` once quotes are taken off. */
function findName(tokens: readonly Token[], name: string): number | undefined {
  const wanted = foldName(name);
  for (let at = 0; at < tokens.length; at++) {
    if (isOperator(tokens[at - 1], ".")) continue;
    const parts = [nameText(tokens[at])];
    while (isOperator(tokens[at + 1], ".")) parts.push(nameText(tokens[at += 2]));
    if (foldName(parts.join(".")) === wanted) return tokens[at - 2 * (parts.length - 1)]?.start;
  }
  return undefined;
}

function nameText(token: Token | undefined): string {
  if (token?.kind !== "word" && token?.kind !== "quoted") return "";
  return unquoteIdentifier(token.text);
}
