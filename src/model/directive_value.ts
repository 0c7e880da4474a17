/**
 * How the values of directives are read: small parsers from text to a typed value.
 *
 * A parser never throws: it returns the value or says what is wrong with the text. Where the text
 * stands is the business of who calls it.
 *
 * @module
 */
import { closestWord } from "~/base/text/closest_word.ts";
import { parseDurationMs } from "~/base/time/duration.ts";
import { parseModelName } from "~/sql/identifiers.ts";
import type { Budget } from "./model.ts";
import { splitList } from "./split_list.ts";

/** Why a value cannot be read. `state` completes `Cannot read "@name": …`. */
export interface ValueProblem {
  state: string;
  hint: string;
}

/** What a parser returns. */
export type Parsed<T> = { value: T } | { problem: ValueProblem };

/** Reads the text of one value. */
export type ValueParser<T> = (text: string) => Parsed<T>;

/** A problem, as a parser returns it. */
export function problem(state: string, hint: string): { problem: ValueProblem } {
  return { problem: { state, hint } };
}

/** Reads one of a few words. */
export function oneOf<Word extends string>(
  words: readonly Word[],
  what: string,
): ValueParser<Word> {
  return (text) => {
    const word = words.find((word) => word === text);
    if (word !== undefined) return { value: word };
    const meant = closestWord(text, words);
    const list = words.map((word) => `"${word}"`).join(", ");
    return problem(
      `"${text}" is not ${what}`,
      meant === undefined ? `Use one of ${list}.` : `Did you mean "${meant}"?`,
    );
  };
}

/** Reads `true` or `false`. */
export function flag(text: string): Parsed<boolean> {
  if (text === "true") return { value: true };
  if (text === "false") return { value: false };
  return problem(`"${text}" is neither true nor false`, `Write "true" or "false".`);
}

/** Reads a whole number between two limits, both included. */
export function integer(min: number, max: number): ValueParser<number> {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return { value };
    const limits = `Write a whole number from ${min} to ${max}.`;
    return problem(
      Number.isNaN(value) ? `"${text}" is not a whole number` : `${text} is out of range`,
      limits,
    );
  };
}

/** A JavaScript timer that is set for longer fires at once: 2^31 - 1 ms are 24.8 days. */
export const MAX_DURATION_MS = 24 * 86_400_000;

/** Reads a duration, as milliseconds. */
export function duration(text: string): Parsed<number> {
  const value = parseDurationMs(text);
  const hint = `Write a number and a unit: "500ms", "30s", "10m", "2h".`;
  if (value === undefined) return problem(`"${text}" is not a duration`, hint);
  if (value === 0) return problem(`"${text}" leaves no time at all`, hint);
  if (value > MAX_DURATION_MS) return problem(`"${text}" is too long`, `Write at most "24d".`);
  return { value };
}

/** Reads `20%` or a number of groups. */
export function budget(text: string): Parsed<Budget> {
  const [, digits = "", isShare] = /^(\d{1,12}(?:\.\d+)?)\s*(%?)$/.exec(text) ?? [];
  const value = Number(digits);
  const hint = `Write a share of the groups as "20%", or a number of groups as "500".`;
  if (digits === "") return problem(`"${text}" is neither a share nor a number`, hint);
  if (isShare === "%") {
    return value <= 100
      ? { value: { percent: value } }
      : problem(`"${text}" is more than all`, hint);
  }
  if (Number.isInteger(value)) return { value: { groups: value } };
  return problem(`"${text}" is not a whole number`, hint);
}

/** Reads any text. */
export function anyText(text: string): Parsed<string> {
  return { value: text };
}

/** Reads a list with commas, each item by a parser; an item that comes twice is a mistake. */
export function listOf<T extends string>(item: ValueParser<T>): ValueParser<readonly T[]> {
  return (text) => parseItems(splitList(text), item);
}

/** Reads items that are apart already, as in a YAML list. */
export function parseItems<T extends string>(
  items: readonly string[],
  item: ValueParser<T>,
): Parsed<readonly T[]> {
  const values: T[] = [];
  for (const text of items) {
    if (text === "") return problem("an item of the list is empty", "Remove the comma too many.");
    const parsed = item(text);
    if ("problem" in parsed) return parsed;
    if (values.includes(parsed.value)) {
      return problem(`"${text}" is in the list twice`, "Name it once.");
    }
    values.push(parsed.value);
  }
  return { value: values };
}

/** Reads the name of an environment variable or a secret. */
export function variableName(text: string): Parsed<string> {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(text)) return { value: text };
  return problem(
    `"${text}" is not the name of a variable`,
    text.includes("=")
      ? `Give only the name; its value belongs in ".env" or in the environment.`
      : `A name has letters, digits and "_" and does not begin with a digit, as in "CRM_TOKEN".`,
  );
}

/** Reads a column's name; double quotes around it are taken off. */
export function columnName(text: string): Parsed<string> {
  const quoted = /^"((?:[^"]|"")+)"$/.exec(text)?.[1];
  if (quoted !== undefined) return { value: quoted.replaceAll('""', '"') };
  if (/^[\p{L}_][\p{L}\p{N}_$]*$/u.test(text)) return { value: text };
  return problem(
    `"${text}" is not the name of a column`,
    /^[\w$]+(\s+[\w$]+)+$/.test(text)
      ? `Put commas between columns, or double quotes around a name with spaces.`
      : `Put double quotes around a name that has other signs than letters, digits and "_".`,
  );
}

/** Reads one that is an item by itself, and so needs no quotes around it. */
export function listedColumnName(text: string): Parsed<string> {
  return text.startsWith('"') ? columnName(text) : { value: text };
}

/** Reads `schema.name`. */
export function modelName(text: string): Parsed<string> {
  if (parseModelName(text) !== undefined) return { value: text };
  return problem(
    `"${text}" is not the name of a model`,
    `A model is named by its folder and its file: "mart.customers" is models/mart/customers.sql.`,
  );
}

/** Reads a tag: letters, digits, `_`, `-`, `.`, `/`. */
export function tagName(text: string): Parsed<string> {
  if (/^[\p{L}\p{N}_][\p{L}\p{N}_./-]*$/u.test(text)) return { value: text };
  return problem(
    `"${text}" is not a tag`,
    /\s/.test(text)
      ? "Put commas between tags."
      : `A tag has letters, digits, "_", "-", "." and "/".`,
  );
}

/** Reads a path or glob of `@allow_read`; a relative one must stay in the project and off its secrets. */
export function readablePath(text: string): Parsed<string> {
  if (text.startsWith("~")) {
    return problem(`"${text}" begins with "~"`, "Write the absolute path.");
  }
  const parts = relativeParts(text);
  if (parts === undefined) {
    return problem(
      `"${text}" leads out of the project`,
      "Write an absolute path for a folder outside of the project.",
    );
  }
  if (parts.length === 0 && !isAbsolutePath(text)) {
    return problem(
      `"${text}" is the whole project, with its secrets`,
      "Name the folders that the model is to read.",
    );
  }
  if (parts[0] === ".spoor" || (parts.length === 1 && parts[0]?.startsWith(".env"))) {
    return problem(
      `"${text}" holds secrets or Spoor's own state, which no model may read`,
      "Put what the model is to read in another folder, or use @allow_env.",
    );
  }
  return { value: text };
}

/** The parts of a path relative to the project; `[]` for an absolute one. */
function relativeParts(path: string): string[] | undefined {
  if (isAbsolutePath(path)) return [];
  const parts: string[] = [];
  for (const part of path.split(/[/\\]/)) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts;
}

function isAbsolutePath(path: string): boolean {
  return /^([/\\]|[A-Za-z]:[/\\])/.test(path);
}
