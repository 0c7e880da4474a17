/**
 * SQL text as tokens, by the rules of SQLite's own tokenizer (`tokenize.c`).
 *
 * Every character of the text belongs to a token or is white space between two. The tokenizer
 * never throws: what no rule covers becomes an `unknown` token, and what is not closed becomes a
 * token that says so and reaches to the end of the text. Time grows with the length of the text.
 *
 * @module
 */

/** What a token is. `quoted` is a name in `"…"`, `` `…` `` or `[…]`; `word` a keyword or bare name. */
export type TokenKind =
  | "word"
  | "quoted"
  | "string"
  | "blob"
  | "number"
  | "parameter"
  | "operator"
  | "comment"
  | "unknown";

/** One piece of a SQL text. */
export interface Token {
  kind: TokenKind;
  /** UTF-16 offset of the first character. */
  start: number;
  /** UTF-16 offset after the last character. */
  end: number;
  /** As written, quotes and all. */
  text: string;
  /** Of a `word`: in upper case, to compare with keywords. */
  keyword?: string;
  /** A string, quoted name, blob or comment whose end is missing. */
  unterminated?: true;
}

/** Splits SQL into tokens, comments included. */
export function tokenizeSql(sql: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < sql.length) {
    if (isSpace(sql.charCodeAt(at))) {
      at++;
      continue;
    }
    const token = readToken(sql, at);
    tokens.push(token);
    at = token.end;
  }
  return tokens;
}

/** Splits SQL into tokens and leaves the comments out. */
export function tokenizeWithoutComments(sql: string): Token[] {
  return tokenizeSql(sql).filter((token) => token.kind !== "comment");
}

/** Whether a token is this operator or punctuation mark. */
export function isOperator(token: Token | undefined, text: string): boolean {
  return token !== undefined && token.kind === "operator" && token.text === text;
}

function readToken(sql: string, at: number): Token {
  const char = sql.charAt(at);
  switch (char) {
    case "'":
      return readQuoted(sql, at, "string", "'");
    case '"':
    case "`":
      return readQuoted(sql, at, "quoted", char);
    case "[":
      return readUpTo(sql, at, "quoted", at + 1, "]");
    case "?":
    case ":":
    case "@":
    case "$":
    case "#":
      return readParameter(sql, at, char);
  }
  if (sql.startsWith("--", at)) return readLineComment(sql, at);
  if (sql.startsWith("/*", at)) return readUpTo(sql, at, "comment", at + 2, "*/");
  if ((char === "x" || char === "X") && sql.charAt(at + 1) === "'") {
    return readUpTo(sql, at, "blob", at + 2, "'");
  }
  if (isDigit(sql.charCodeAt(at)) || (char === "." && isDigit(sql.charCodeAt(at + 1)))) {
    return readNumber(sql, at);
  }
  if (isNameChar(sql.charCodeAt(at))) return readWord(sql, at);
  return readOperator(sql, at);
}

/** `'…'`, `"…"` and `` `…` ``: the quote itself is written twice. */
function readQuoted(sql: string, start: number, kind: TokenKind, quote: string): Token {
  let close = sql.indexOf(quote, start + 1);
  while (close !== -1 && sql.charAt(close + 1) === quote) close = sql.indexOf(quote, close + 2);
  return close === -1 ? unterminated(sql, start, kind) : token(sql, kind, start, close + 1);
}

function readUpTo(sql: string, start: number, kind: TokenKind, from: number, mark: string): Token {
  const close = sql.indexOf(mark, from);
  return close === -1
    ? unterminated(sql, start, kind)
    : token(sql, kind, start, close + mark.length);
}

function readLineComment(sql: string, start: number): Token {
  const lineEnd = sql.indexOf("\n", start);
  return token(sql, "comment", start, lineEnd === -1 ? sql.length : lineEnd);
}

function readWord(sql: string, start: number): Token {
  const end = skipNameChars(sql, start);
  const word = token(sql, "word", start, end);
  word.keyword = upperAscii(word.text);
  return word;
}

const NUMBER = /0[xX][0-9a-fA-F_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?/y;

/** Letters that follow at once belong to the number, which SQLite then refuses as a whole. */
function readNumber(sql: string, start: number): Token {
  NUMBER.lastIndex = start;
  NUMBER.test(sql);
  return token(sql, "number", start, skipNameChars(sql, NUMBER.lastIndex));
}

/** A name may have parts, as in `$outer::inner`. */
function readParameter(sql: string, start: number, sign: string): Token {
  let end = start + 1;
  if (sign === "?") {
    while (isDigit(sql.charCodeAt(end))) end++;
    return token(sql, "parameter", start, end);
  }
  end = skipNameChars(sql, end);
  while (sql.startsWith("::", end)) end = skipNameChars(sql, end + 2);
  if (end === start + 1) return token(sql, "unknown", start, end);
  return sql.charAt(end) === "("
    ? readTclSuffix(sql, start, end)
    : token(sql, "parameter", start, end);
}

/** `$name(suffix)` is one parameter to SQLite, for Tcl's sake, if the suffix has no white space. */
function readTclSuffix(sql: string, start: number, open: number): Token {
  let close = open + 1;
  while (close < sql.length && sql.charAt(close) !== ")" && !isSpace(sql.charCodeAt(close))) {
    close++;
  }
  return sql.charAt(close) === ")"
    ? token(sql, "parameter", start, close + 1)
    : token(sql, "unknown", start, close);
}

const LONG_OPERATORS = ["->>", "->", "||", "==", "<>", "!=", "<=", ">=", "<<", ">>"];
/** What may follow the first sign of a long one. */
const SECOND_SIGNS = "=<>|";
const SHORT_OPERATORS = "().,;*+-/%=<>&|~";

function readOperator(sql: string, start: number): Token {
  const long = SECOND_SIGNS.includes(sql.charAt(start + 1))
    ? LONG_OPERATORS.find((operator) => sql.startsWith(operator, start))
    : undefined;
  if (long !== undefined) return token(sql, "operator", start, start + long.length);
  const known = SHORT_OPERATORS.includes(sql.charAt(start));
  return token(sql, known ? "operator" : "unknown", start, start + 1);
}

function token(sql: string, kind: TokenKind, start: number, end: number): Token {
  return { kind, start, end, text: sql.slice(start, end) };
}

function unterminated(sql: string, start: number, kind: TokenKind): Token {
  return { ...token(sql, kind, start, sql.length), unterminated: true };
}

/** SQLite's white space: no vertical tab, but a byte order mark wherever a token could begin. */
function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09 || code === 0x0c ||
    code === 0xfeff;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Letters, digits, `_`, `$` and everything past ASCII (a no-break space too, as in SQLite). */
function isNameChar(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || isDigit(code) ||
    code === 0x5f || code === 0x24 || code >= 0x80;
}

function skipNameChars(sql: string, from: number): number {
  let at = from;
  while (at < sql.length && isNameChar(sql.charCodeAt(at))) at++;
  return at;
}

// deno-lint-ignore no-control-regex
const IS_ASCII = /^[\x00-\x7f]*$/;

/** `toUpperCase()` alone would make keywords of other letters: `ſ` becomes `S`. */
function upperAscii(text: string): string {
  return IS_ASCII.test(text) ? text.toUpperCase() : text;
}
