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
  /** UTF-16 offset in the query. */
  start: number;
}

/** Finds the parameters of a query in the order of the text, each as often as it stands there. */
export function findParameters(sql: string): Parameter[] {
  return tokenizeSql(sql)
    .filter((token) => token.kind === "parameter")
    .map(({ text, start }) => ({ text, start }));
}
