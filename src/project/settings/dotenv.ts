/**
 * `.env`: variables and secrets beside `spoor.yaml`.
 *
 * Values never appear in a message: errors give the line and at most the name.
 *
 * @module
 */
import { UserError } from "~/base/user_error.ts";
import { readText } from "~/project/read_text.ts";

/** The file's name, in the project's root. */
const DOTENV_FILE = ".env";

/** What a `.env` holds. */
export interface Dotenv {
  values: ReadonlyMap<string, string>;
  errors: UserError[];
}

/** Looks a variable up; `undefined` when it is not set anywhere. */
export type VariableLookup = (name: string) => string | undefined;

/** Reads the project's `.env`; a project without one has no variables there. */
export function loadDotenv(root: string): Dotenv {
  try {
    return parseDotenv(readText(root, DOTENV_FILE));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (error.cause instanceof Deno.errors.NotFound) return { values: new Map(), errors: [] };
    return { values: new Map(), errors: [error] };
  }
}

/** Joins `.env` with the process's environment, which wins, also with an empty value. */
export function variableLookup(dotenv: Dotenv, environment: VariableLookup): VariableLookup {
  return (name) => environment(name) ?? dotenv.values.get(name);
}

/**
 * Reads `KEY=value` lines. `export` may stand before a key and a comment (`#`) after a value.
 * Single quotes keep everything as it is; in double quotes `\n`, `\r`, `\t`, `\"`, `\\` and `\$`
 * are escapes; both may span lines. `$NAME` is not replaced. The last of two equal keys wins.
 */
export function parseDotenv(text: string): Dotenv {
  const values = new Map<string, string>();
  const errors: UserError[] = [];
  const lines = text.split(/\r?\n/);
  for (let index = 0; index < lines.length; index++) {
    const line = (lines[index] ?? "").trim();
    if (line === "" || line.startsWith("#")) continue;
    const at = { path: DOTENV_FILE, line: index + 1 };
    const match = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/s.exec(line);
    const [, key = "", rest = ""] = match ?? [];
    if (!match) {
      const hint = `Write "NAME=value"; a name has letters, digits and "_".`;
      errors.push(
        new UserError("Cannot read the variables: the line is not NAME=value", { at, hint }),
      );
      continue;
    }
    const value = readValue(rest, lines, index);
    if ("state" in value) {
      const hint = "Put the value in quotes from its begin to its end.";
      errors.push(new UserError(`Cannot read the variable "${key}": ${value.state}`, { at, hint }));
    } else {
      values.set(key, value.value);
      index = value.lastLine;
    }
  }
  return { values, errors };
}

/** Reads one value, which may go on over several lines when it is quoted. */
function readValue(
  rest: string,
  lines: readonly string[],
  firstLine: number,
): { value: string; lastLine: number } | { state: string } {
  const quote = rest.charAt(0);
  if (quote !== '"' && quote !== "'") {
    return { value: rest.replace(/(^|\s)#.*$/, "").trim(), lastLine: firstLine };
  }
  const whole = quote === '"' ? /^"((?:[^"\\]|\\.)*)"\s*(.*)$/s : /^'([^']*)'\s*(.*)$/s;
  let text = rest;
  for (let line = firstLine; line < lines.length; text += `\n${lines[++line] ?? ""}`) {
    const match = whole.exec(text);
    if (!match) continue;
    const [, inner = "", after = ""] = match;
    if (after !== "" && !after.startsWith("#")) return { state: "text follows the closing quote" };
    return { value: quote === '"' ? unescape(inner) : inner, lastLine: line };
  }
  return { state: "its quote is not closed" };
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

function unescape(text: string): string {
  return text.replace(/\\([nrt"\\$])/g, (_, sign: string) => ESCAPES[sign] ?? sign);
}
