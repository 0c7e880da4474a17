/**
 * The header of a SQL or TypeScript model: the comments before its first statement.
 *
 * A comment line that begins with `@` is a directive, every other line is text for people. There is this one
 * form: a directive in a block comment, or anywhere else, is told as a mistake.
 *
 * @module
 */
import { type SourceLocation, UserError } from "~/base/user_error.ts";
import { DIRECTIVE_NAMES } from "./directives.ts";
import type { DirectiveEntry } from "./read_directives.ts";
import {
  type CommentSign,
  findUnreadInHead,
  findUnreadInSql,
  findUnreadInTypescript,
} from "./unread_directives.ts";

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
    const column = start - text.lastIndexOf("\n", start - 1);
    readComment(text.slice(start, end), sign, { path, line, column }, header);
    line += countLines(text, start, end);
    offset = end;
  }
  const findBelow = sign === "--" ? findUnreadInSql : findUnreadInTypescript;
  header.errors.push(...findBelow(text, offset, path));
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

function readComment(
  comment: string,
  sign: CommentSign,
  start: Required<SourceLocation>,
  header: Header,
): void {
  const content = comment.slice(sign.length).trim();
  if (!comment.startsWith(sign) || !content.startsWith("@")) {
    header.errors.push(...findUnreadInHead(comment, start, sign));
    return;
  }
  if (sign === "//" && OTHER_TOOLS.test(content)) return;
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
