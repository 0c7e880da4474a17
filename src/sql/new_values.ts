/**
 * Where a query selects a value that is another one each time it is asked: the present time of day, or a random
 * number.
 *
 * Told by tokens. Only what is surely meant is found. A time that a condition or a comparison asks for, that is
 * rounded to days (`date(…)`, a division, `start of month`), or that stands in a subquery of FROM or in a common
 * table expression is not: rows need not differ by it.
 *
 * @module
 */
import { unquoteIdentifier } from "./identifiers.ts";
import { presentTimes } from "./present_time.ts";
import { isOperator, type Token, tokenizeWithoutComments } from "./tokens.ts";

/** See the module's comment. */
export interface NewValue {
  /** UTF-16 offset of the keyword or function. */
  offset: number;
  is: "time" | "random";
}

/** What stands in parentheses, or around all. */
interface Frame {
  part: "list" | "other";
  /** In parentheses without a SELECT: a call's arguments, say. */
  isExpression: boolean;
  /** What is here has no time of day any more. */
  isCoarse: boolean;
  /** Between WHEN and THEN. */
  isCondition: boolean;
  /** In the item of a list that is read: what it has, and whether that is only compared, or divided. */
  item: NewValue | undefined;
  isCompared: boolean;
  /** In what was read before it. */
  found: NewValue | undefined;
}

/** What all of these have in them. */
const LIKELY = /time|julianday|unixepoch|random/i;
/** Functions that take the time of day off, or all that is small, or that may give another of their arguments. */
const COARSE: ReadonlySet<string> = new Set([
  ...["DATE", "CAST", "ROUND", "FLOOR", "CEIL", "CEILING", "TRUNC", "SIGN", "SUBSTR", "SUBSTRING"],
  ...["FORMAT", "PRINTF", "COALESCE", "IFNULL"],
]);
/** What follows them is no list of what is selected. */
const OTHER_PARTS: ReadonlySet<string> = new Set(
  ["FROM", "JOIN", "ON", "WHERE", "GROUP", "HAVING", "PARTITION", "ORDER", "LIMIT", "WINDOW"],
);
const COMPARING: ReadonlySet<string> = new Set(
  ["<", ">", "<=", ">=", "=", "==", "<>", "!=", "/", "BETWEEN", "IS", "IN", "LIKE", "GLOB"],
);
const TIME_OF_DAY = /%[HMSfsJTRIklpP]/;

/** Finds the first one, in the order in which their expressions end. */
export function findNewValue(sql: string): NewValue | undefined {
  if (!LIKELY.test(sql)) return undefined;
  const tokens = tokenizeWithoutComments(sql);
  const times = new Set(presentTimes(tokens));
  let frame = newFrame(false, false);
  const around: Frame[] = [];
  for (const [at, token] of tokens.entries()) {
    if (isOperator(token, "(")) {
      around.push(frame);
      frame = newFrame(true, isCoarseCall(tokens, at));
      note(frame, newValueAt(tokens, at - 1, times));
    } else if (isOperator(token, ")")) {
      const inner = frame;
      frame = around.pop() ?? newFrame(false, false);
      note(frame, valueOf(inner));
    } else {
      const isCall = isOperator(tokens[at + 1], "(");
      readToken(frame, token, isCall ? undefined : newValueAt(tokens, at, times));
    }
  }
  return valueOf(frame);
}

function newFrame(isExpression: boolean, isCoarse: boolean): Frame {
  return {
    part: "other",
    isExpression,
    isCoarse,
    isCondition: false,
    item: undefined,
    isCompared: false,
    found: undefined,
  };
}

function readToken(frame: Frame, token: Token, value: NewValue | undefined): void {
  const word = token.keyword ?? token.text;
  if (isOperator(token, ",")) endItem(frame);
  else if (word === "SELECT") startPart(frame, "list");
  else if (OTHER_PARTS.has(word)) startPart(frame, "other");
  else if (word === "WHEN") frame.isCondition = true;
  else if (["THEN", "ELSE", "END"].includes(word)) frame.isCondition = false;
  else if (COMPARING.has(word) && !frame.isCondition) frame.isCompared = true;
  else if (token.kind === "string" && /^'start of /i.test(token.text)) frame.isCoarse = true;
  else note(frame, value);
}

function startPart(frame: Frame, part: Frame["part"]): void {
  endItem(frame);
  frame.part = part;
  frame.isExpression = false;
}

function note(frame: Frame, value: NewValue | undefined): void {
  if (!value || (frame.part !== "list" && !frame.isExpression)) return;
  if (value.is === "time" && frame.isCondition) return;
  frame.item ??= value;
}

function endItem(frame: Frame): void {
  const { item, isCompared } = frame;
  if (item && !(item.is === "time" && isCompared)) frame.found ??= item;
  frame.item = undefined;
  frame.isCompared = false;
}

function valueOf(frame: Frame): NewValue | undefined {
  endItem(frame);
  const { found, isCoarse } = frame;
  return found?.is === "time" && isCoarse ? undefined : found;
}

/** Of a keyword, or of a function's name. */
function newValueAt(
  tokens: readonly Token[],
  at: number,
  times: ReadonlySet<number>,
): NewValue | undefined {
  const token = tokens[at];
  if (!token) return undefined;
  const { start: offset } = token;
  if (times.has(offset)) return isDateAlone(tokens, at) ? undefined : { offset, is: "time" };
  const isCall = isOperator(tokens[at + 1], "(") && !isOperator(tokens[at - 1], ".");
  const isRandom = isCall && ["RANDOM", "RANDOMBLOB"].includes(nameOf(token));
  return isRandom ? { offset, is: "random" } : undefined;
}

/** `CURRENT_DATE`, `date()`, and `strftime('%Y-%m', 'now')`. */
function isDateAlone(tokens: readonly Token[], at: number): boolean {
  const token = tokens[at];
  const name = token ? nameOf(token) : "";
  if (name === "CURRENT_DATE" || name === "DATE") return true;
  const format = tokens[at + 2];
  return name === "STRFTIME" && format?.kind === "string" && !TIME_OF_DAY.test(format.text);
}

function isCoarseCall(tokens: readonly Token[], at: number): boolean {
  const name = tokens[at - 1];
  return name !== undefined && COARSE.has(nameOf(name));
}

function nameOf({ kind, text }: Token): string {
  return kind === "word" || kind === "quoted" ? unquoteIdentifier(text).toUpperCase() : "";
}
