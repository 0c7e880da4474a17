/**
 * The parameters of a query: `?`, `?1`, `:name`, `@name`, `$name`. SQLite takes NULL for one that
 * has no value, without a word.
 *
 * @module
 */
import { countOf } from "~/base/text/counts.ts";
import type { SelectProblem } from "./single_select.ts";
import { type Token, tokenizeSql } from "./tokens.ts";

/** One place in a query where a value is to be put. */
export interface Parameter {
  /** As written: `?`, `?1`, `:cursor`. */
  text: string;
  /** UTF-16 offset in the query. */
  start: number;
}

/** Every text with a parameter has one of these. */
const SIGNS = /[?:@$#]/;

/** Finds the parameters of a query in the order of the text, each as often as it stands there. */
export function findParameters(sql: string): Parameter[] {
  return parametersAmong(tokenizeSql(sql));
}

function parametersAmong(tokens: readonly Token[]): Parameter[] {
  return tokens
    .filter((token) => token.kind === "parameter")
    .map(({ text, start }) => ({ text, start }));
}

/** Why a query cannot be run that nothing gives values to; `undefined` where it needs none. */
export function findUnboundParameter(sql: string): SelectProblem | undefined {
  if (!SIGNS.test(sql)) return undefined;
  const [first] = findParameters(sql);
  return first && {
    ok: false,
    message: `Cannot read the SQL: ${withoutValue(first)}`,
    offset: first.start,
    hint: "Write the value itself, or read it from a table.",
  };
}

/** Why a query and the values that are given for its `?` do not go together. */
export interface ParameterMistake {
  /** The end of a sentence: `it has 2 parameters and was given 1 value`. */
  reason: string;
  /** UTF-16 offset in the query. */
  offset: number;
  hint: string;
}

/**
 * Holds a query's parameters against the values that it is given in their order.
 *
 * What SQLite will refuse as no SQL is left to it.
 */
export function findParameterMistake(sql: string, values: number): ParameterMistake | undefined {
  const tokens = SIGNS.test(sql) ? tokenizeSql(sql) : [];
  if (tokens.some((token) => token.kind === "unknown")) return undefined;
  const parameters = parametersAmong(tokens);
  const named = parameters.find(({ text }) => !text.startsWith("?"));
  if (named) {
    const hint = `Write "?" for it: values are given in the order of the text, without names`;
    return { reason: withoutValue(named), offset: named.start, hint };
  }
  const wanted = countValues(parameters);
  if (wanted === values) return undefined;
  return {
    reason: `it has ${amount(wanted, "parameter")} and was given ${amount(values, "value")}`,
    offset: parameters[0]?.start ?? 0,
    hint: values < wanted
      ? `Give one value for each "?": query(sql, [a, b])`
      : `Write one "?" for each value, and no quotes around it`,
  };
}

/** `?` is the one after the highest so far, `?3` the third: as SQLite counts. */
function countValues(parameters: readonly Parameter[]): number {
  return parameters.reduce(
    (highest, { text }) => text === "?" ? highest + 1 : Math.max(highest, Number(text.slice(1))),
    0,
  );
}

function withoutValue({ text }: Parameter): string {
  return `nothing gives a value to the parameter "${text}"`;
}

function amount(count: number, noun: string): string {
  return count === 0 ? `no ${noun}` : countOf(count, noun);
}
