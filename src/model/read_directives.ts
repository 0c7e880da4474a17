/**
 * From what a header says to typed directives: names looked up, values parsed, every mistake told.
 *
 * @module
 */
import { closestWord } from "~/base/text/closest_word.ts";
import { type SourceLocation, UserError } from "~/base/user_error.ts";
import { type Directive, DIRECTIVE_NAMES, findDirective } from "./directives.ts";
import type { Directives } from "./model.ts";
import { isNotBuiltYet } from "./not_built_yet.ts";

/** One directive as it was written, not yet understood. */
export interface DirectiveEntry {
  /** Without `@`. */
  name: string;
  /** Trimmed text; an array where YAML has a list. */
  value: string | readonly string[];
  line: number;
  /** Where the name begins. */
  column: number;
}

/** What the entries of one header mean. */
export interface ReadDirectives {
  directives: Directives;
  /** Where each directive stands, by its name without `@`. */
  directiveLines: Record<string, number>;
  errors: UserError[];
}

/**
 * Reads the entries of one header. An entry with a mistake is left out and told.
 *
 * @param sign What stands before a name: `@` in comments, nothing in YAML.
 * @param otherNames Names that are no directives but may stand there: `sql` in YAML.
 */
export function readDirectives(
  entries: readonly DirectiveEntry[],
  path: string,
  sign: "@" | "" = "@",
  otherNames: readonly string[] = [],
): ReadDirectives {
  const directives: Directives = {};
  const directiveLines: Record<string, number> = {};
  const errors: UserError[] = [];
  for (const entry of entries) {
    const at = { path, line: entry.line, column: entry.column };
    const directive = findDirective(entry.name);
    const firstLine = directiveLines[entry.name];
    if (directive === undefined) {
      errors.push(unknownDirective(entry.name, sign, at, otherNames));
    } else if (firstLine !== undefined) {
      errors.push(givenTwice(sign + entry.name, firstLine, at));
    } else {
      directiveLines[entry.name] = entry.line;
      const error = readEntry(entry, directive, sign, at, directives);
      if (error) errors.push(error);
    }
  }
  return { directives, directiveLines, errors };
}

function readEntry(
  { name, value }: DirectiveEntry,
  directive: Directive,
  sign: string,
  at: SourceLocation,
  into: Directives,
): UserError | undefined {
  if (value.length === 0) {
    return new UserError(`Cannot read "${sign}${name}": it has no value`, {
      at,
      hint: asWritten(`Write a value, as in "${directive.example}".`, sign),
    });
  }
  const problem = directive.read(value, into);
  return problem && new UserError(`Cannot read "${sign}${name}": ${problem.state}`, {
    at,
    hint: asWritten(problem.hint, sign),
  });
}

/** Lines of a header that a hint names, as the model's language has them. */
function asWritten(hint: string, sign: string): string {
  return hint.replace(/"@(?=\w+: )/g, `"${sign}`);
}

/** Explains a directive that does not exist, and names the likely one. */
function unknownDirective(
  name: string,
  sign: string,
  at: SourceLocation,
  otherNames: readonly string[],
): UserError {
  if (isNotBuiltYet("directive", name)) {
    return new UserError(`Cannot read the model header: "${sign}${name}" is not there yet`, {
      at,
      hint: `Run "spoor help directives" to see those that are.`,
    });
  }
  const meant = closestWord(name, [...DIRECTIVE_NAMES, ...otherNames]);
  return new UserError(`Cannot read the model header: "${sign}${name}" is not a directive`, {
    at,
    hint: meant === undefined
      ? `Run "spoor help directives" to see them all.`
      : `Did you mean "${sign}${meant}"?`,
  });
}

function givenTwice(name: string, firstLine: number, at: SourceLocation): UserError {
  return new UserError(
    `Cannot read the model header: "${name}" is given twice, first on line ${firstLine}`,
    { at, hint: "Keep one of the two lines; a list takes commas." },
  );
}
