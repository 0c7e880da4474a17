/**
 * The parameters of a query: `?`, `?1`, `:name`, `@name`, `$name`.
 *
 * @module
 */
import { tokenizeSql } from "./tokens.ts";

/** One place in a query where a value is to be put. */
export interface Parameter {
  /** As written: `?`, `?1`, `:cursor`. */
  text: string;
  /** Without the sign before it; absent for `?` and `?1`. */
  name?: string;
  start: number;
  end: number;
}

/** Finds the parameters of a query in the order of the text, each as often as it stands there. */
export function findParameters(sql: string): Parameter[] {
  return tokenizeSql(sql)
    .filter((token) => token.kind === "parameter")
    .map(({ text, start, end }) => ({
      text,
      ...(!text.startsWith("?") && { name: text.slice(1) }),
      start,
      end,
    }));
}

/** Whether a query has a parameter of this name, whatever sign stands before it. */
export function hasParameter(sql: string, name: string): boolean {
  return findParameters(sql).some((parameter) => parameter.name === name);
}
