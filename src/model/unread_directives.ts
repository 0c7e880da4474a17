/**
 * Directives that stand where nothing reads them: in a block comment, behind other signs, below the first
 * statement.
 *
 * To pass over one in silence could send to everybody what was meant to be `tracked`, so each is a mistake that
 * names the line to write. Prose, quoted directives and the tags of JSDoc are none, nor is a line that was
 * commented out once more: `// // @kind: tracked`.
 *
 * | where                                | what is one                                                   |
 * | ------------------------------------ | ------------------------------------------------------------- |
 * | in a comment above the statement     | `@name: value`, known or nearly; `@name value`; `name: value` |
 * | below it, in a line of its own       | `@name: value`, known or nearly                               |
 * | below it, in another comment         | `@name: value`, known, and more than a text for people        |
 *
 * @module
 */
import { closestWord } from "~/base/text/closest_word.ts";
import { shortenText } from "~/base/text/cut_text.ts";
import { positionFinder } from "~/base/text/text_position.ts";
import { type SourceLocation, UserError } from "~/base/user_error.ts";
import { tokenizeSql } from "~/sql/tokens.ts";
import { DIRECTIVE_NAMES, findDirective } from "./directives.ts";

/** The sign that begins a comment line, by language. */
export type CommentSign = "--" | "//";

/** One line of a comment, without the signs that begin and end the comment. */
interface CommentLine {
  text: string;
  /** Where `text` begins. */
  at: Required<SourceLocation>;
  isBlock: boolean;
}

/** A comment line that looks as a directive does. */
interface Candidate {
  line: CommentLine;
  /** What stands before its `@` or its name. */
  before: string;
  /** As written, `@` and all. */
  written: string;
  name: string;
  hasColon: boolean;
  value: string;
}

/** What may stand before a directive: `/`, `*`, `-` and the like. Quotes and brackets only mention one. */
const BEFORE = "(?<before>[^\\p{L}\\p{N}_@\"'`(){}[\\]<]*)";
const CANDIDATE = new RegExp(
  `^${BEFORE}(?<written>@?(?<name>[A-Za-z][\\w-]*))[ \\t]*(?<colon>[:=]?)[ \\t]*(?<value>.*)$`,
  "u",
);

/** Without it, a text is not worth taking apart. */
const MAY_BE_BELOW = /@[A-Za-z][\w-]*[ \t]*[:=]/;

/** Texts for people: where they are not read, nothing else happens than was meant. */
const FOR_PEOPLE: readonly string[] = ["description", "owner", "tags"];
const DECIDING = DIRECTIVE_NAMES.filter((name) => !FOR_PEOPLE.includes(name));

/** Finds directives in a comment above the first statement that is not read as one. */
export function findUnreadInHead(
  comment: string,
  start: Required<SourceLocation>,
  sign: CommentSign,
): UserError[] {
  return linesOf(comment, start).flatMap((line) => {
    const found = readCandidate(line);
    if (!found || !isMeantInHead(found) || isCommentedOut(found, sign)) return [];
    return [mistake(stateInHead(found, sign), found, `${sign} @`, "")];
  });
}

/** Finds directives in the comments of a SQL text, from an offset on. */
export function findUnreadInSql(sql: string, from: number, path: string): UserError[] {
  const body = sql.slice(from);
  if (!MAY_BE_BELOW.test(body)) return [];
  const positionOf = positionFinder(sql);
  return commentLines(body, (offset) => ({ path, ...positionOf(from + offset) }))
    .flatMap(({ line, isOwnLine }) => findBelow(line, isOwnLine, "--"));
}

/** The lines of all comments of a SQL text that may have a directive in them. */
function commentLines(
  sql: string,
  placeOf: (offset: number) => Required<SourceLocation>,
): { line: CommentLine; isOwnLine: boolean }[] {
  return tokenizeSql(sql).flatMap(({ kind, text, start }) => {
    if (kind !== "comment" || !text.includes("@")) return [];
    const isAlone = sql.slice(sql.lastIndexOf("\n", start) + 1, start).trim() === "";
    return linesOf(text, placeOf(start))
      .map((line) => ({ line, isOwnLine: isAlone && !line.isBlock }));
  });
}

/** A line that is a comment, or of a block comment; or has a comment at its end. */
const OWN_LINE = /^(?<before>[ \t]*(?:(?<sign>\/\/)|\/?\*+))(?<text>.*)$/;
const LINE_END = /^(?<before>.*[\s;,{}()]\/\/)(?<text>[ \t]*@.*)$/;

/**
 * Finds directives below the first statement of a TypeScript text, line by line: what is a comment there, and
 * what a string, only its syntax tree tells, and a string that holds such a line is rarer than the mistake.
 */
export function findUnreadInTypescript(text: string, from: number, path: string): UserError[] {
  const body = text.slice(from);
  if (!MAY_BE_BELOW.test(body)) return [];
  const firstLine = text.slice(0, from).split("\n").length;
  return body.split("\n").flatMap((code, index) => {
    if (!code.includes("@")) return [];
    const own = OWN_LINE.exec(code)?.groups;
    const { before = "", text = "" } = own ?? LINE_END.exec(code)?.groups ?? {};
    const isBlock = own !== undefined && own.sign === undefined;
    const at = { path, line: firstLine + index, column: before.length + 1 };
    return findBelow(toLine(text, at, isBlock), own?.sign !== undefined, "//");
  });
}

/** Finds directives in the comments of the SQL of a YAML model, whose directives are keys. */
export function findUnreadInYaml(sql: { text: string; line: number }, path: string): UserError[] {
  if (!MAY_BE_BELOW.test(sql.text)) return [];
  const positionOf = positionFinder(sql.text);
  const placeOf = (offset: number) => {
    const { line, column } = positionOf(offset);
    return { path, line: sql.line + line - 1, column };
  };
  return commentLines(sql.text, placeOf).flatMap(({ line, isOwnLine }) => {
    const found = readCandidate(line);
    if (!found || !isMeantBelow(found, isOwnLine) || isCommentedOut(found, "--")) return [];
    const state = `"${found.written}" stands in a comment of the SQL, where no directive is read`;
    return [mistake(state, found, "", ", beside the others")];
  });
}

function findBelow(line: CommentLine, isOwnLine: boolean, sign: CommentSign): UserError[] {
  const found = readCandidate(line);
  if (!found || !isMeantBelow(found, isOwnLine) || isCommentedOut(found, sign)) return [];
  const state = `"${found.written}" stands below the first statement`;
  return [mistake(state, found, `${sign} @`, " at the top of the file")];
}

function linesOf(comment: string, { path, line, column }: Required<SourceLocation>): CommentLine[] {
  const isBlock = comment.startsWith("/*");
  return comment.slice(2).split("\n").map((text, index) =>
    toLine(
      text,
      { path, line: line + index, column: index === 0 ? column + 2 : 1 },
      isBlock,
    )
  );
}

function toLine(text: string, at: Required<SourceLocation>, isBlock: boolean): CommentLine {
  const content = isBlock ? text.replace(/\s*\**\*\/.*$/, "") : text;
  return { text: content.trimEnd(), at, isBlock };
}

function readCandidate(line: CommentLine): Candidate | undefined {
  const found = CANDIDATE.exec(line.text)?.groups;
  if (!found) return undefined;
  const { before = "", written = "", name = "", colon = "", value = "" } = found;
  return { line, before, written, name, hasColon: colon !== "", value };
}

function hasAt({ written }: Candidate): boolean {
  return written.startsWith("@");
}

function isMeantInHead(found: Candidate): boolean {
  const { name, hasColon, value } = found;
  const directive = findDirective(name);
  if (!directive) return hasAt(found) && hasColon && nearlyMeant(found) !== undefined;
  const fits = () => directive.read(value, {}) === undefined;
  // JSDoc has `@description` and `@kind module` too, and others `@owner`, without a colon.
  if (hasAt(found)) return hasColon || (DECIDING.includes(name) && fits());
  // Of all others prose may speak: of a far side's timeout, of a column that is the unique key.
  return hasColon && name === "kind" && fits();
}

function isMeantBelow(found: Candidate, isOwnLine: boolean): boolean {
  const { name, hasColon } = found;
  if (!hasAt(found) || !hasColon) return false;
  if (!isOwnLine) return DECIDING.includes(name);
  return DIRECTIVE_NAMES.includes(name) || nearlyMeant(found) !== undefined;
}

/** Shorter names are near to those of people, too: `@Kim: please check`. */
const MIN_MISSPELT = 5;

/** The directive that a misspelt name stands for. The first letter is hardly ever the wrong one: `@link`. */
function nearlyMeant({ name, value }: Pick<Candidate, "name" | "value">): string | undefined {
  const meant = closestWord(name, DECIDING);
  if (meant?.charAt(0) !== name.charAt(0).toLowerCase()) return undefined;
  const isSure = name.length >= MIN_MISSPELT || findDirective(meant)?.read(value, {}) === undefined;
  return isSure ? meant : undefined;
}

/** The sign twice: somebody has put the line by. Not in a block comment, which may hold a whole header. */
function isCommentedOut({ line, before }: Candidate, sign: CommentSign): boolean {
  return !line.isBlock && /^\s/.test(before) && before.trim() === sign;
}

function stateInHead(found: Candidate, sign: CommentSign): string {
  const { line, before, written, value } = found;
  if (line.isBlock) return `"${written}" stands in a block comment, where no directive is read`;
  return hasAt(found)
    ? `"${sign}${before}${written}" is no directive, which begins with "${sign} @"`
    : `"${written}: ${cut(value)}" is no directive, which begins with "@"`;
}

/**
 * @param sign What the line to write begins with.
 * @param where It is to stand.
 */
function mistake(state: string, found: Candidate, sign: string, where: string): UserError {
  const { line, before, name, value } = found;
  const meant = findDirective(name) ? name : nearlyMeant(found) ?? name;
  return new UserError(`Cannot read the model header: ${state}`, {
    at: { ...line.at, column: line.at.column + before.length },
    hint: `Write "${sign}${meant}: ${cut(value) || "value"}" as a line of its own${where}.`,
  });
}

/** Characters of a value that a message shows. */
const SHOWN_LENGTH = 100;

function cut(text: string): string {
  return shortenText(text, SHOWN_LENGTH);
}
