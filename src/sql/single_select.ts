/**
 * Makes sure that a text is one query, before SQLite sees it.
 *
 * SQLite itself would run the first of several statements and drop the rest without a word, stop
 * reading at a NUL character and accept a comment that never ends. Syntax inside the query is left
 * to SQLite.
 *
 * @module
 */
import { isOperator, type Token, tokenizeSql } from "./tokens.ts";

/** One query, cut out of a text. */
export interface SingleSelect {
  ok: true;
  /** SELECT, WITH … SELECT or VALUES, without comments around it and without `;`. */
  text: string;
  /** UTF-16 offset of `text` in what was read. */
  start: number;
}

/** The same with its tokens, for who goes on to scan it. */
export interface TokenizedSelect extends SingleSelect {
  /** Of `text`, without comments. */
  tokens: Token[];
}

/** Why a text is not one query: what a `UserError` needs but for the file. */
export interface SelectProblem {
  ok: false;
  /** `Cannot read the SQL: …` */
  message: string;
  /** UTF-16 offset of the mistake. */
  offset: number;
  hint: string;
}

/**
 * Reads a text that must hold one SELECT, WITH … SELECT or VALUES.
 *
 * Comments and `;` may stand before and after it.
 */
export function readSingleSelect(sql: string): SingleSelect | SelectProblem {
  const read = tokenizeSingleSelect(sql);
  return read.ok ? { ok: true, text: read.text, start: read.start } : read;
}

/** {@linkcode readSingleSelect}, with the tokens that it had to read. */
export function tokenizeSingleSelect(sql: string): TokenizedSelect | SelectProblem {
  const all = tokenizeSql(sql);
  const tokens = all.filter((token) => token.kind !== "comment");
  const begin = tokens.findIndex((token) => !isOperator(token, ";"));
  const problem = findBrokenToken(all) ?? findBadBeginning(sql, tokens[begin]) ??
    findOpenParenthesis(tokens) ?? findSecondStatement(tokens, begin) ??
    findStatementAfterWith(tokens, begin);
  if (problem) return problem;

  const rest = tokens.slice(begin);
  const semicolon = rest.findIndex((token) => isOperator(token, ";"));
  const select = semicolon === -1 ? rest : rest.slice(0, semicolon);
  const start = select[0]?.start ?? 0;
  return {
    ok: true,
    text: sql.slice(start, select.at(-1)?.end),
    start,
    tokens: start === 0 ? select : select.map((token) => shift(token, -start)),
  };
}

function shift(token: Token, by: number): Token {
  return { ...token, start: token.start + by, end: token.end + by };
}

const QUERY_WORDS = ["SELECT", "VALUES", "WITH"];
const WRITING_WORDS = ["INSERT", "REPLACE", "UPDATE", "DELETE"];
const ONE_SELECT_HINT = "Write one SELECT here; it may begin with WITH.";

const BROKEN: Readonly<Record<string, { what: string; hint: (token: Token) => string }>> = {
  string: { what: "string", hint: () => `End the string with '.` },
  blob: { what: "blob", hint: () => `End the blob with '.` },
  quoted: {
    what: "quoted name",
    hint: ({ text }) => `End the name with ${text.startsWith("[") ? "]" : text.charAt(0)}.`,
  },
  comment: { what: "comment", hint: () => "End the comment with */." },
};

function findBrokenToken(tokens: readonly Token[]): SelectProblem | undefined {
  for (const token of tokens) {
    if (token.unterminated) {
      const { what, hint } = BROKEN[token.kind] ?? { what: token.kind, hint: () => "" };
      const state = `the ${what} that begins with ${quoteBeginning(token.text)} has no end`;
      return problem(state, token.start, hint(token));
    }
    if (token.text === "\0") {
      return problem(
        `it holds the character U+0000, which would end it for SQLite`,
        token.start,
        "Remove the character.",
      );
    }
  }
  return undefined;
}

function findBadBeginning(sql: string, first: Token | undefined): SelectProblem | undefined {
  if (first === undefined) {
    return problem("there is no statement in it", sql.search(/\S|$/), ONE_SELECT_HINT);
  }
  if (QUERY_WORDS.includes(first.keyword ?? "")) return undefined;
  const hint = isOperator(first, "(")
    ? "Take off the parentheses around the whole query."
    : ONE_SELECT_HINT;
  const state = `it begins with ${quoteBeginning(first.text)}, which is not a query`;
  return problem(state, first.start, hint);
}

function findOpenParenthesis(tokens: readonly Token[]): SelectProblem | undefined {
  const open: Token[] = [];
  for (const token of tokens) {
    if (isOperator(token, "(")) open.push(token);
    if (isOperator(token, ";") && open.length > 0) break;
    if (!isOperator(token, ")") || open.pop() !== undefined) continue;
    const hint = `Remove the ")", or add the "(" that it belongs to.`;
    return problem(`a ")" has no "(" before it`, token.start, hint);
  }
  const innermost = open.at(-1);
  return innermost &&
    problem(`a "(" is not closed`, innermost.start, `Add the ")" that it needs.`);
}

function findSecondStatement(tokens: readonly Token[], begin: number): SelectProblem | undefined {
  const semicolon = tokens.findIndex((token, index) => index > begin && isOperator(token, ";"));
  if (semicolon === -1) return undefined;
  const second = tokens.slice(semicolon).find((token) => !isOperator(token, ";"));
  return second && problem(
    `a second statement begins with ${quoteBeginning(second.text)}`,
    second.start,
    "Keep one SELECT; two with the same columns can be joined by UNION ALL.",
  );
}

/** WITH may lead to INSERT, UPDATE or DELETE: the word after the last body says so. */
function findStatementAfterWith(
  tokens: readonly Token[],
  begin: number,
): SelectProblem | undefined {
  if (tokens[begin]?.keyword !== "WITH") return undefined;
  let depth = 0;
  for (let at = begin + 1; at < tokens.length; at++) {
    const token = tokens[at];
    if (isOperator(token, "(")) depth++;
    if (isOperator(token, ")")) depth--;
    const isAfterBody = depth === 0 && isOperator(tokens[at - 1], ")");
    if (!token?.keyword || !isAfterBody || token.keyword === "AS") continue;
    if (!WRITING_WORDS.includes(token.keyword)) return undefined;
    const state = `its WITH leads to ${quoteBeginning(token.text)}, which is not a query`;
    return problem(state, token.start, ONE_SELECT_HINT);
  }
  return undefined;
}

function problem(state: string, offset: number, hint: string): SelectProblem {
  return { ok: false, message: `Cannot read the SQL: ${state}`, offset, hint };
}

const MAX_QUOTED_CHARS = 30;

/** In quotes, on one line, and cut where it is long. */
function quoteBeginning(text: string): string {
  const line = text.split(/[\r\n]/, 1)[0] ?? "";
  const isCut = line.length < text.length || line.length > MAX_QUOTED_CHARS;
  return `"${line.slice(0, MAX_QUOTED_CHARS)}${isCut ? "…" : ""}"`;
}
