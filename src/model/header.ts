/**
 * The header of a SQL or TypeScript model: the comments before its first statement.
 *
 * A comment line that begins with `@` is a directive, every other line is text for people. Block
 * comments are skipped; what stands in them is never a directive.
 *
 * @module
 */
import { type SourceLocation, UserError } from "~/base/user_error.ts";
import { DIRECTIVE_NAMES } from "./directives.ts";
import type { DirectiveEntry } from "./read_directives.ts";

/** The sign that begins a comment line, by language. */
export type CommentSign = "--" | "//";

/** A header, taken apart. */
export interface Header {
  entries: DirectiveEntry[];
  errors: UserError[];
}

/** Takes a header apart. Values are not looked at. */
export function readHeader(text: string, path: string, sign: CommentSign): Header {
  const header: Header = { entries: [], errors: [] };
  let line = 1;
  let offset = 0;
  for (;;) {
    const start = skipBlank(text, offset);
    line += countLines(text, offset, start);
    const end = endOfComment(text, start, sign);
    if (end === undefined) break;
    if (text.startsWith(sign, start)) {
      const column = start - text.lastIndexOf("\n", start - 1);
      readCommentLine(text.slice(start, end), sign, { path, line, column }, header);
    }
    line += countLines(text, start, end);
    offset = end;
  }
  header.errors.push(...findStrayDirectives(text, offset, path, sign));
  return header;
}

function skipBlank(text: string, offset: number): number {
  const blank = /\s*/y;
  blank.lastIndex = offset;
  blank.test(text);
  return blank.lastIndex;
}

function countLines(text: string, start: number, end: number): number {
  let count = 0;
  for (let at = text.indexOf("\n", start); at !== -1 && at < end; at = text.indexOf("\n", at + 1)) {
    count++;
  }
  return count;
}

/** Where the comment that begins here ends; `undefined` when none begins here. */
function endOfComment(text: string, start: number, sign: CommentSign): number | undefined {
  const isShebang = start === 0 && text.startsWith("#!") && sign === "//";
  if (text.startsWith(sign, start) || isShebang) {
    const end = text.indexOf("\n", start);
    return end === -1 ? text.length : end;
  }
  if (!text.startsWith("/*", start)) return undefined;
  const end = text.indexOf("*/", start + 2);
  return end === -1 ? text.length : end + 2;
}

/** Comments of other tools that begin with `@` as well: `@ts-nocheck`, `@deno-types="…"`, `@jsx h`. */
const OTHER_TOOLS = /^@(ts-|deno-|jsx|vitest-|eslint)/;

function readCommentLine(
  comment: string,
  sign: CommentSign,
  start: { path: string; line: number; column: number },
  header: Header,
): void {
  const content = comment.slice(sign.length).trim();
  if (!content.startsWith("@") || (sign === "//" && OTHER_TOOLS.test(content))) return;
  const { path, line } = start;
  const at = { path, line, column: start.column + comment.indexOf("@") };
  const match = /^@([^\s:=]*)\s*(:?)\s*(.*)$/su.exec(content);
  const [, name = "", colon = "", value = ""] = match ?? [];
  if (name === "") header.errors.push(noName(content, at));
  else if (colon === "") header.errors.push(noColon(content, name, value, at));
  else header.entries.push({ name, value, line, column: at.column });
}

function noName(content: string, at: SourceLocation): UserError {
  return new UserError(
    `Cannot read the model header: "${content}" has no name after "@"`,
    { at, hint: `Write a directive as "@name: value", or begin the comment with another sign.` },
  );
}

function noColon(content: string, name: string, value: string, at: SourceLocation): UserError {
  const written = value.replace(/^=\s*/, "") || "value";
  return new UserError(
    `Cannot read the model header: "${content}" has no colon after the name`,
    {
      at,
      hint: DIRECTIVE_NAMES.includes(name)
        ? `Write "@${name}: ${written}".`
        : `Write a directive as "@name: value", or begin the comment with another sign than "@".`,
    },
  );
}

/**
 * Directives that stand below the first statement, where they would mean nothing. To pass over
 * them could send rows that were meant to be `tracked`, so they are mistakes.
 */
function findStrayDirectives(
  text: string,
  bodyStart: number,
  path: string,
  sign: CommentSign,
): UserError[] {
  const stray = sign === "--" ? STRAY_SQL : STRAY_TYPESCRIPT;
  if (!text.includes("@", bodyStart)) return [];
  return [...text.slice(bodyStart).matchAll(stray)].map((match) => {
    const offset = bodyStart + match.index + match[0].indexOf("@");
    const line = 1 + countLines(text, 0, offset);
    const column = offset - text.lastIndexOf("\n", offset - 1);
    return new UserError(
      `Cannot read the model header: "@${match[1]}" stands below the first statement`,
      { at: { path, line, column }, hint: "Move the line to the top of the file." },
    );
  });
}

const STRAY_SQL = strayPattern("--");
const STRAY_TYPESCRIPT = strayPattern("//");

function strayPattern(sign: CommentSign): RegExp {
  return new RegExp(`^[ \\t]*${sign}[ \\t]*@(${DIRECTIVE_NAMES.join("|")})[ \\t]*:`, "gm");
}
