/**
 * Where a query asks for the present time: by `CURRENT_TIMESTAMP` and its like, or by one of SQLite's functions
 * of time that is given `'now'` or nothing (https://www.sqlite.org/lang_datefunc.html).
 *
 * Told by tokens. Only what is surely meant is found: a `'now'` that another function or a column gives is not.
 *
 * @module
 */
import { unquoteIdentifier } from "./identifiers.ts";
import { isReservedWord } from "./keywords.ts";
import { isOperator, type Token, tokenizeWithoutComments } from "./tokens.ts";

const KEYWORDS: ReadonlySet<string> = new Set([
  "CURRENT_DATE",
  "CURRENT_TIME",
  "CURRENT_TIMESTAMP",
]);

/** The functions of time, and which of their arguments are times; without one the time is the present. */
const TIME_ARGUMENTS: Readonly<Record<string, readonly number[]>> = {
  DATE: [0],
  TIME: [0],
  DATETIME: [0],
  JULIANDAY: [0],
  UNIXEPOCH: [0],
  STRFTIME: [1],
  TIMEDIFF: [0, 1],
};

/** What all of these have in them, but for few queries that have neither: those need not be read. */
const LIKELY = /date|time|julianday|unixepoch/i;

/**
 * Finds it.
 *
 * @returns The UTF-16 offset of the first keyword or function, or `undefined`.
 */
export function findPresentTime(sql: string): number | undefined {
  if (!LIKELY.test(sql)) return undefined;
  return presentTimes(tokenizeWithoutComments(sql)).next().value ?? undefined;
}

/** The offsets of all of them, in the order in which they end. */
export function* presentTimes(tokens: readonly Token[]): Generator<number, void> {
  /** One for each parenthesis that is open. */
  const open: Call[] = [];
  for (const [at, token] of tokens.entries()) {
    const call = open.at(-1);
    if (isKeyword(tokens, at)) yield token.start;
    if (isOperator(token, "(")) open.push(callAt(tokens, at));
    else if (isOperator(token, ")")) {
      if (call && (hasNow(tokens, call, at) || isWithoutTime(call, at))) yield call.offset;
      open.pop();
    } else if (call && isOperator(token, ",")) {
      if (hasNow(tokens, call, at)) yield call.offset;
      call.argument += 1;
      call.argumentStart = at + 1;
    }
  }
}

/** What stands in parentheses. */
interface Call {
  /** Which arguments are times, where a function of time is called. */
  times: readonly number[] | undefined;
  /** Of the function's name. */
  offset: number;
  /** Number of the argument that is read, from 0, and index of its first token. */
  argument: number;
  argumentStart: number;
}

function callAt(tokens: readonly Token[], at: number): Call {
  const name = tokens[at - 1];
  const isName = name && ["word", "quoted"].includes(name.kind) && !isOperator(tokens[at - 2], ".");
  const word = isName ? unquoteIdentifier(name.text).toUpperCase() : "";
  return {
    times: Object.hasOwn(TIME_ARGUMENTS, word) ? TIME_ARGUMENTS[word] : undefined,
    offset: name?.start ?? 0,
    argument: 0,
    argumentStart: at + 1,
  };
}

/** Whether the argument that ends here is a time, and that the present one; parentheses may be around it. */
function hasNow(tokens: readonly Token[], call: Call, end: number): boolean {
  const { times, argument, argumentStart: start } = call;
  if (!times?.includes(argument) || (end - start) % 2 === 0) return false;
  const middle = (start + end - 1) / 2;
  const text = tokens[middle];
  return text?.kind === "string" && /^'(now|subsec|subsecond)'$/i.test(text.text) &&
    tokens.slice(start, middle).every((token) => isOperator(token, "("));
}

/** `date()`, and `strftime('%Y')`. */
function isWithoutTime({ times, argument, argumentStart }: Call, end: number): boolean {
  if (times?.length !== 1) return false;
  const given = argumentStart === end ? argument : argument + 1;
  return given === times[0];
}

/** Words that are no names and are followed by an expression, beside the reserved ones. */
const BEFORE_EXPRESSION: ReadonlySet<string> = new Set(
  ["BY", "LIKE", "GLOB", "REGEXP", "MATCH", "OFFSET"],
);
/** Reserved ones that are followed by a name. */
const BEFORE_NAME: ReadonlySet<string> = new Set(["AS", "FROM", "JOIN"]);

/** SQLite takes these words as names where no expression can stand: `1 AS current_date`. */
function isKeyword(tokens: readonly Token[], at: number): boolean {
  const word = tokens[at]?.keyword;
  if (word === undefined || !KEYWORDS.has(word)) return false;
  const before = tokens[at - 1];
  const isCte = tokens[at + 1]?.keyword === "AS" && isOperator(tokens[at + 2], "(");
  if (isCte || before === undefined) return false;
  if (before.kind === "operator") return before.text !== "." && before.text !== ")";
  const { keyword } = before;
  return keyword !== undefined && !BEFORE_NAME.has(keyword) &&
    (isReservedWord(keyword) || BEFORE_EXPRESSION.has(keyword));
}
